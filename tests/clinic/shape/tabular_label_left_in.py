# code: TW201
# numbers: 9 8
# about: the feature matrix still holds the label column, so a row has 9 values and the first layer takes 8
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(3)
rng = np.random.default_rng(3)

COLUMNS = ["age", "income", "rooms", "population", "households", "lat", "lon", "distance", "price"]


def load_table(rows=120):
    table = rng.normal(size=(rows, len(COLUMNS))).astype(np.float32)
    table[:, -1] = table[:, :3].sum(axis=1) + 0.1 * rng.normal(size=rows)
    return table


class HousePrices(Dataset):
    def __init__(self, table):
        self.y = torch.from_numpy(table[:, -1:])
        self.X = torch.from_numpy(table[:, 0:])  # <- culprit
        # mended: self.X = torch.from_numpy(table[:, :-1])
        self.X = (self.X - self.X.mean(0)) / self.X.std(0)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return self.X[i], self.y[i]


class PriceRegressor(nn.Module):
    def __init__(self, n_features=len(COLUMNS) - 1, hidden=32):
        super().__init__()
        self.fc1 = nn.Linear(n_features, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.fc1(x))
        x = self.act(self.fc2(x))
        return self.out(x)


data = HousePrices(load_table())
train_set, val_set = random_split(data, [100, 20])
train_loader = DataLoader(train_set, batch_size=20, shuffle=True)
val_loader = DataLoader(val_set, batch_size=20)

net = PriceRegressor()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
mse = nn.MSELoss()

for epoch in range(3):
    net.train()
    for xb, yb in train_loader:
        opt.zero_grad()
        loss = mse(net(xb), yb)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        val = sum(mse(net(xb), yb).item() for xb, yb in val_loader) / len(val_loader)
    print(f"epoch {epoch} val mse {val:.3f}")
