"""A class that learns mean and deviation of the train rows only; the best features chosen by the train rows."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Scaler:
    def fit(self, rows):
        self.mean, self.std = rows.mean(axis=0), rows.std(axis=0)
        return self

    def transform(self, rows):
        return ((rows - self.mean) / self.std).astype(np.float32)


class Table:
    def __init__(self, rows, target):
        order = np.random.default_rng(0).permutation(len(rows))
        self.rows, self.target = rows[order], target[order]

    def parts(self, keep):
        cut = int(0.75 * len(self.rows))
        train, held = self.rows[:cut], self.rows[cut:]
        related = np.array([abs(np.corrcoef(c, self.target[:cut])[0, 1]) for c in train.T])
        best = np.argsort(-related)[:keep]
        scaler = Scaler().fit(train[:, best])
        for rows, target in ((train, self.target[:cut]), (held, self.target[cut:])):
            x = torch.from_numpy(scaler.transform(rows[:, best]))
            yield TensorDataset(x, torch.tensor(target, dtype=torch.float32).unsqueeze(1))


torch.manual_seed(0)
rng = np.random.default_rng(1)
rows = rng.normal(4, 2, (200, 12))
train_set, valid_set = Table(rows, rows[:, 0] - rows[:, 3]).parts(5)
train_loader, valid_loader = DataLoader(train_set, 30, shuffle=True), DataLoader(valid_set, 50)
model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(2):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(sum(nn.functional.mse_loss(model(x), y).item() * len(x) for x, y in valid_loader) / len(valid_set))
