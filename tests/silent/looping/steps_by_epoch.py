# code: TW729
# numbers: -
# about: the cosine schedule is made for epochs * len(loader) steps, but is moved on once an epoch
import argparse

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset


def train_one_epoch(model, loader, optimizer, criterion):
    model.train()
    for x, y in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def main(argv=()):
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=0.05)
    args = parser.parse_args(argv)
    torch.manual_seed(3)
    x = torch.randn(150, 6)
    loader = DataLoader(TensorDataset(x, (x[:, 0] > x[:, 1]).long()), batch_size=25, shuffle=True)
    model = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
    total_steps = args.epochs * len(loader)
    scheduler = CosineAnnealingLR(optimizer, total_steps)  # <- or here
    # mended: scheduler = CosineAnnealingLR(optimizer, total_steps // len(loader))
    for epoch in range(1, args.epochs + 1):
        train_one_epoch(model, loader, optimizer, nn.CrossEntropyLoss())
        scheduler.step()  # <- culprit


if __name__ == "__main__":
    main()
