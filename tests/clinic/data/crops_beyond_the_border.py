# code: TW620
# numbers: -
# about: the crop may start so far right and down that it runs over the border and comes out smaller than 24
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class RandomCrop:
    def __init__(self, size):
        self.size = size

    def __call__(self, image):
        height, width = image.shape[-2:]
        top = random.randint(0, height - 1)  # <- culprit # -
        left = random.randint(0, width - 1)  # <- culprit # -
        # mended: top = random.randint(0, height - self.size)
        # mended: left = random.randint(0, width - self.size)
        return image[..., top : top + self.size, left : left + self.size]


class RandomFlip:
    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, image):
        return image.flip(-1) if random.random() < self.p else image


class Chain:
    def __init__(self, *steps):
        self.steps = steps

    def __call__(self, image):
        for step in self.steps:
            image = step(image)
        return image


class Satellite(Dataset):
    CLASSES = ["water", "forest", "town"]

    def __init__(self, n, transform=None):
        rng = np.random.default_rng(4)
        self.labels = rng.integers(0, len(self.CLASSES), n)
        self.tiles = (rng.random((n, 4, 32, 32)) / 2 + self.labels[:, None, None, None] / 6).astype("float32")
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        tile = torch.from_numpy(self.tiles[i])
        if self.transform:
            tile = self.transform(tile)
        return tile, self.labels[i]


def build_model(channels, classes):
    return nn.Sequential(
        nn.Conv2d(channels, 12, 5, stride=2),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(12 * 10 * 10, classes),
    )


if __name__ == "__main__":
    torch.manual_seed(0)
    data = Satellite(32, transform=Chain(RandomCrop(24), RandomFlip()))
    loader = DataLoader(data, batch_size=8, shuffle=True, num_workers=2)
    model = build_model(4, len(data.CLASSES))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for epoch in range(1):
        hits = 0
        for tiles, labels in loader:
            logits = model(tiles)
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            hits += (logits.argmax(1) == labels).sum().item()
        print(f"epoch {epoch}: loss {loss.item():.3f}, accuracy {hits / len(data):.2f}")
