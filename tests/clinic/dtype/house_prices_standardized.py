# code: TW401
# numbers: float64 float32
# about: the columns are standardized in NumPy and stay float64 when they become tensors, the layers are float32
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, random_split


@dataclass
class Config:
    features: int = 9
    hidden: tuple = (32, 16)
    lr: float = 3e-3
    batch_size: int = 25
    epochs: int = 2


class HousePrices(Dataset):
    def __init__(self, n, n_features):
        rng = np.random.default_rng(11)
        table = rng.normal(size=(n, n_features)) * 40 + 100
        price = table @ rng.normal(size=n_features) + rng.normal(size=n)
        self.mean, self.std = table.mean(0), table.std(0)
        self.table = torch.from_numpy((table - self.mean) / self.std)  # <- culprit
        # mended: self.table = torch.from_numpy((table - self.mean) / self.std).float()
        self.price = torch.tensor((price - price.mean()) / price.std(), dtype=torch.float32)

    def __len__(self):
        return len(self.price)

    def __getitem__(self, row):
        return self.table[row], self.price[row]


class Regressor(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        sizes = [cfg.features, *cfg.hidden]
        layers = []
        for a, b in zip(sizes, sizes[1:]):
            layers += [nn.Linear(a, b), nn.SiLU()]
        self.body = nn.Sequential(*layers)
        self.out = nn.Linear(sizes[-1], 1)

    def forward(self, x):
        return self.out(self.body(x)).squeeze(-1)


def main():
    torch.manual_seed(0)
    cfg = Config()
    train_set, valid_set = random_split(HousePrices(200, cfg.features), [150, 50])
    net = Regressor(cfg)
    opt = torch.optim.AdamW(net.parameters(), lr=cfg.lr)
    huber = nn.HuberLoss()
    for epoch in range(cfg.epochs):
        for x, y in DataLoader(train_set, cfg.batch_size, shuffle=True):
            opt.zero_grad()
            loss = huber(net(x), y)
            loss.backward()
            opt.step()
        with torch.no_grad():
            errors = [huber(net(x), y).item() for x, y in DataLoader(valid_set, cfg.batch_size)]
        print(epoch, np.mean(errors))


if __name__ == "__main__":
    main()
