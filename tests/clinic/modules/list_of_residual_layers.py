# code: TW003 TW014
# numbers: body list
# about: the layers are collected in a plain list, and a list can't be called as a module
import argparse

import numpy as np
import torch
import torch.nn as nn


def get_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--lr", type=float, default=1e-2)
    parser.add_argument("--steps", type=int, default=15)
    return parser.parse_args([])


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lin1 = nn.Linear(width, width)
        self.lin2 = nn.Linear(width, width)

    def forward(self, v):
        return v + self.lin2(torch.relu(self.lin1(v)))


class SurrogateModel(nn.Module):
    """Predicts the drag of a shape from its design parameters."""

    def __init__(self, n_inputs, width, depth):
        super().__init__()
        self.stem = nn.Linear(n_inputs, width)
        layers = []
        for _ in range(depth):
            layers.append(Residual(width))
        self.body = layers  # <- culprit
        # mended: self.body = nn.Sequential(*layers)
        self.readout = nn.Linear(width, 1)

    def forward(self, v):
        v = self.stem(v)
        v = self.body(v)
        return self.readout(v).squeeze(-1)


def simulate(designs):
    return np.sin(designs[:, 0]) * designs[:, 1] ** 2 - 0.3 * designs[:, 2]


args = get_args()
torch.manual_seed(0)
rng = np.random.default_rng(0)
designs = rng.uniform(-1, 1, size=(128, 6)).astype(np.float32)
drag = torch.from_numpy(simulate(designs))
designs = torch.from_numpy(designs)
train, val = slice(0, 96), slice(96, 128)

net = SurrogateModel(6, args.width, args.depth)
optim = torch.optim.Adam(net.parameters(), lr=args.lr)
for step in range(args.steps):
    optim.zero_grad()
    error = nn.functional.mse_loss(net(designs[train]), drag[train])
    error.backward()
    optim.step()
with torch.no_grad():
    rmse = nn.functional.mse_loss(net(designs[val]), drag[val]).sqrt()
print("validation rmse", float(rmse))
