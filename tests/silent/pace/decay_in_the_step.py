# code: TW729
# numbers: -
# about: a decay for each epoch is applied with every batch, from a helper that ends the step
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--decay", type=float, default=0.9)
args = parser.parse_args([])

torch.manual_seed(0)
model = nn.Linear(6, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, args.decay)
data = DataLoader(TensorDataset(torch.randn(100, 6), torch.randint(0, 2, (100,))), 10, shuffle=True)


def finish(loss):
    loss.backward()
    optimizer.step()
    decay.step()  # <- culprit
    # mended: pass


for epoch in range(args.epochs):
    for x, y in data:
        optimizer.zero_grad()
        finish(nn.functional.cross_entropy(model(x), y))
