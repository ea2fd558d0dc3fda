# code: TW625
# numbers: object
# about: empty fields are parsed to None, so NumPy makes an array of objects
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

STATIONS = """\
station,temp,humidity,wind,rain
alpha,12.5,81,3.2,0.4
bravo,14.1,,5.0,0.0
charlie,9.8,92,,2.1
delta,17.3,55,1.1,0.0
echo,11.0,88,7.4,1.3
foxtrot,15.9,61,2.2,0.0
golf,,90,6.1,1.8
hotel,16.2,58,2.9,0.1
"""


def parse(field):
    return float(field) if field else None  # <- culprit
    # mended: return float(field) if field else float("nan")


def read(text):
    lines = text.strip().splitlines()
    names = lines[0].split(",")[1:]
    table = np.array([[parse(field) for field in line.split(",")[1:]] for line in lines[1:]])
    return names, table


def fill_missing(table):
    means = table.nanmean(dim=0)
    return torch.where(table.isnan(), means, table)


def standardize(features):
    return (features - features.mean(0)) / features.std(0)


class Hurdle(nn.Module):
    """Whether it rains, and how much."""

    def __init__(self, n_features, hidden=8):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(n_features, hidden), nn.Softplus())
        self.wet = nn.Linear(hidden, 1)
        self.amount = nn.Linear(hidden, 1)

    def forward(self, features):
        h = self.shared(features)
        return self.wet(h), nn.functional.softplus(self.amount(h))

    def loss(self, features, rain):
        wet, amount = self(features)
        is_wet = (rain > 0).float()
        hurdle = nn.functional.binary_cross_entropy_with_logits(wet, is_wet)
        return hurdle + (is_wet * (amount - rain) ** 2).mean()


torch.manual_seed(0)
names, table = read(STATIONS)
table = fill_missing(torch.from_numpy(table).float())
target = names.index("rain")
features = standardize(table[:, :target])
loader = DataLoader(TensorDataset(features, table[:, target:]), batch_size=4, shuffle=True)

model = Hurdle(features.shape[1])
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(5):
    for x, rain in loader:
        loss = model.loss(x, rain)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print(f"loss after 5 epochs: {loss.item():.3f}")
