# code: TW710
# numbers: -
# about: a setting puts a softmax at the end of the model, and the loss applies one itself
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Settings:
    width: int = 24
    hidden: str = "ReLU"
    output: str = "Softmax"  # <- culprit
    # mended: output: str = "Identity"


def build(settings):
    last = {"dim": 1} if settings.output == "Softmax" else {}
    return nn.Sequential(
        nn.Linear(6, settings.width), getattr(nn, settings.hidden)(),
        nn.Linear(settings.width, 3), getattr(nn, settings.output)(**last),
    )


torch.manual_seed(0)
model = build(Settings())
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
inputs = torch.randn(120, 6)
loader = DataLoader(TensorDataset(inputs, inputs[:, :3].argmax(1)), batch_size=30, shuffle=True)
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(model(x), y).backward()
        optimizer.step()
