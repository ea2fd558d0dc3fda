# code: TW206
# numbers: 4 7
# about: crops of 28 pixels leave 4x4 before the 7x7 average pool, which was meant for crops of 56
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Compose:
    def __init__(self, *steps):
        self.steps = steps

    def __call__(self, image):
        for step in self.steps:
            image = step(image)
        return image


class RandomCrop:
    def __init__(self, size):
        self.size = size

    def __call__(self, image):
        top = random.randint(0, image.shape[-2] - self.size)
        left = random.randint(0, image.shape[-1] - self.size)
        return image[..., top : top + self.size, left : left + self.size]


def normalize(image):
    return (image - 0.5) / 0.5


train_tf = Compose(RandomCrop(28), normalize)  # <- culprit
# mended: train_tf = Compose(RandomCrop(56), normalize)


class Satellite(Dataset):
    def __init__(self, transform, n=24):
        self.transform = transform
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        tile = torch.rand(4, 64, 64, generator=torch.Generator().manual_seed(i))
        return self.transform(tile), i % 3


class LandUseNet(nn.Module):
    def __init__(self, bands=4, n_classes=3):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(bands, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.body = nn.Sequential(
            nn.Conv2d(8, 12, 3, 2, 1), nn.ReLU(),
            nn.Conv2d(12, 16, 3, 2, 1), nn.ReLU(),
        )
        self.fc = nn.Linear(16, n_classes)

    def forward(self, tile):
        z = self.body(self.stem(tile))
        z = nn.functional.avg_pool2d(z, 7)  # <- or here
        z = torch.flatten(z, 1)
        return self.fc(z)


random.seed(0)
torch.manual_seed(0)
loader = DataLoader(Satellite(train_tf), batch_size=6, shuffle=True)
model = LandUseNet()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for i, (tile, use) in enumerate(loader):
    loss = nn.functional.nll_loss(torch.log_softmax(model(tile), 1), use)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print("batch", i, "loss", loss.item())
