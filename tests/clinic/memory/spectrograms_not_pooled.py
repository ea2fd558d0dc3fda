# code: TW304
# numbers: 134217728
# about: pool = 1 leaves the pictures of 1024 by 1024 as large as they came, so the linear layer has 134217728 inputs
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Settings:
    side: int = 1024
    widths: tuple = (16, 64, 128)
    pool: int = 1  # <- culprit
    # mended: pool: int = 8
    hidden: int = 512
    species: int = 12
    batch: int = 2


class Whales(nn.Module):
    """Spectrograms of a hydrophone."""

    def __init__(self, s: Settings):
        super().__init__()
        self.layers = nn.ModuleList()
        before, side = 1, s.side
        for width in s.widths:
            self.layers.append(nn.Sequential(
                nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(s.pool),
            ))
            before = width
            side = side // s.pool
        self.inner = nn.Linear(before * side * side, s.hidden)
        self.outer = nn.Linear(s.hidden, s.species)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.outer(torch.relu(self.inner(x.flatten(1))))


settings = Settings()
model = Whales(settings)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(settings.batch, 1, settings.side, settings.side)
y = torch.randint(0, settings.species, (settings.batch,))
loss = nn.functional.cross_entropy(model(x), y)
loss.backward()
opt.step()
