# code: TW209
# numbers: 90 11
# about: mean and standard deviation were taken per row (dim=1), 90 values, instead of per column, 11 values
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Standardizer:
    def __init__(self):
        self.mean = None
        self.std = None

    def fit(self, table):
        self.std, self.mean = torch.std_mean(table, dim=1)  # <- culprit
        # mended: self.std, self.mean = torch.std_mean(table, dim=0)
        self.std = self.std.clamp(min=1e-6)
        return self

    def transform(self, table):
        return (table - self.mean) / self.std


def make_wines(count, features, seed):
    gen = torch.Generator().manual_seed(seed)
    scale = torch.linspace(0.1, 50.0, features)
    x = torch.rand(count, features, generator=gen) * scale
    y = 3 + 0.05 * x[:, 0] + 0.2 * x[:, 3] + 0.1 * torch.randn(count, generator=gen)
    return x, y.unsqueeze(1)


def build_mlp(sizes):
    layers = []
    for a, b in zip(sizes[:-2], sizes[1:-1]):
        layers += [nn.Linear(a, b), nn.SiLU()]
    layers.append(nn.Linear(sizes[-2], sizes[-1]))
    return nn.Sequential(*layers)


def run(args):
    torch.manual_seed(args.seed)
    x, y = make_wines(120, args.features, args.seed)
    x_train, x_test, y_train, y_test = x[:90], x[90:], y[:90], y[90:]
    scaler = Standardizer().fit(x_train)
    train = TensorDataset(scaler.transform(x_train), y_train)
    loader = DataLoader(train, batch_size=args.batch_size, shuffle=True)
    net = build_mlp([args.features, 24, 12, 1])
    opt = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9)
    for epoch in range(args.epochs):
        for xb, yb in loader:
            opt.zero_grad()
            nn.functional.l1_loss(net(xb), yb).backward()
            opt.step()
    with torch.no_grad():
        err = (net(scaler.transform(x_test)) - y_test).abs().mean()
    print(f"test MAE {err:.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--features", type=int, default=11)
    parser.add_argument("--batch-size", type=int, default=15)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    run(parser.parse_args())
