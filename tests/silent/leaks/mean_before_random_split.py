# code: TW750
# numbers: -
# about: the data set standardises itself in __init__, and is split by random_split afterwards
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class SensorData(Dataset):
    def __init__(self, n=300):
        g = torch.Generator().manual_seed(1)
        raw = torch.randn(n, 6, generator=g) * 4 + 2
        self.y = (raw[:, 0] > raw[:, 1]).long()
        self.x = (raw - raw.mean(dim=0)) / raw.std(dim=0)  # <- culprit
        # mended: self.x = raw

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def fit(net, loader, opt, epochs):
    for epoch in range(epochs):
        net.train()
        for x, y in loader:
            opt.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            opt.step()


def main():
    torch.manual_seed(0)
    data = SensorData()
    train, val = random_split(data, [240, 60])
    train_dl = DataLoader(train, 40, shuffle=True)
    val_dl = DataLoader(val, 60)
    net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
    opt = torch.optim.Adam(net.parameters(), 0.01)
    fit(net, train_dl, opt, 3)
    net.eval()
    with torch.no_grad():
        correct = sum((net(x).argmax(1) == y).sum().item() for x, y in val_dl)
    print("val acc", correct / len(val))


if __name__ == "__main__":
    main()
