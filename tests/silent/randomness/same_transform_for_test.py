# code: TW755
# numbers: -
# about: one Compose with a random crop is given to both data sets
import random

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class RandomShift:
    def __call__(self, image):
        return torch.roll(image, random.randint(-2, 2), dims=-1)


class Normalize:
    def __call__(self, image):
        return (image - 0.5) / 0.5


class Compose:
    def __init__(self, steps):
        self.steps = steps

    def __call__(self, image):
        for step in self.steps:
            image = step(image)
        return image


class Shapes(Dataset):
    def __init__(self, split, transform):
        g = torch.Generator().manual_seed(11 if split == "train" else 12)
        n = 120 if split == "train" else 40
        self.images, self.targets = torch.rand(n, 1, 10, 10, generator=g), torch.arange(n) % 2
        self.images[self.targets == 1, :, 3:7] += 0.6
        self.transform = transform

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.targets[i])


def build_loaders(batch_size=20):
    transform = Compose([RandomShift(), Normalize()])
    trainset = Shapes("train", transform)
    testset = Shapes("test", transform)
    # mended: testset = Shapes("test", Normalize())
    trainloader = DataLoader(trainset, batch_size, shuffle=True)
    testloader = DataLoader(testset, batch_size)  # <- culprit
    return trainloader, testloader


def main():
    torch.manual_seed(0)
    random.seed(0)
    trainloader, testloader = build_loaders()
    net = nn.Sequential(nn.Flatten(), nn.Linear(100, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(2):
        net.train()
        for images, targets in trainloader:
            optimizer.zero_grad()
            F.cross_entropy(net(images), targets).backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        right = sum((net(images).argmax(1) == targets).sum().item() for images, targets in testloader)
    print(right / 40)


if __name__ == "__main__":
    main()
