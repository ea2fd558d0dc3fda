# code: TW627
# numbers: -
# about: the loader for validation is made without a transform; hand it over
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIDE = 24


def to_tensor(image):
    small = np.asarray(image.resize((SIDE, SIDE)), dtype=np.float32)
    return torch.from_numpy(small).permute(2, 0, 1) / 255


class Birds(Dataset):
    def __init__(self, rows, tf=None):
        self.rows, self.tf = rows, tf

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        image, species = self.rows[i]
        if self.tf:
            image = self.tf(image)
        return image, species


def loader_for(rows, tf=None, shuffle=False):
    return DataLoader(Birds(rows, tf), batch_size=8, shuffle=shuffle)


def photos(n):
    rng = np.random.default_rng(n)
    sizes = rng.integers(28, 50, (n, 2))
    return [(Image.fromarray(rng.integers(0, 255, (h, w, 3), dtype=np.uint8)), int(h % 3)) for h, w in sizes]


train = loader_for(photos(40), tf=to_tensor, shuffle=True)
valid = loader_for(photos(16))  # <- culprit
# mended: valid = loader_for(photos(16), tf=to_tensor)
model = nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(32, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(2):
    for x, y in train:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in valid)
    print(epoch, hits)
