# code: TW401
# numbers: float64 float32
# about: the collate function stacks NumPy windows without a dtype, so the LSTM gets float64
import argparse

import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


def make_series(hours: int) -> np.ndarray:
    t = np.arange(hours)
    daily = np.sin(2 * np.pi * t / 24)
    weekly = 0.3 * np.cos(2 * np.pi * t / 168)
    return np.stack([daily + weekly, t % 24 / 24.0], axis=1)


class Windows(Dataset):
    def __init__(self, series: np.ndarray, history: int, horizon: int):
        self.series, self.history, self.horizon = series, history, horizon

    def __len__(self):
        return len(self.series) - self.history - self.horizon + 1

    def __getitem__(self, start):
        middle = start + self.history
        return self.series[start:middle], self.series[middle : middle + self.horizon, 0]


def collate(samples):
    past, future = zip(*samples)
    past = torch.as_tensor(np.stack(past))  # <- culprit
    # mended: past = torch.as_tensor(np.stack(past), dtype=torch.float32)
    future = torch.as_tensor(np.stack(future), dtype=torch.float32)
    return past, future


class Forecaster(nn.Module):
    def __init__(self, n_series: int, hidden: int, horizon: int):
        super().__init__()
        self.rnn = nn.LSTM(n_series, hidden, num_layers=2, batch_first=True, dropout=0.1)
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, horizon)

    def forward(self, past):
        states, _ = self.rnn(past)
        return self.head(self.norm(states[:, -1]))


parser = argparse.ArgumentParser()
parser.add_argument("--history", type=int, default=48)
parser.add_argument("--horizon", type=int, default=6)
parser.add_argument("--hidden", type=int, default=12)
args = parser.parse_args()

torch.manual_seed(3)
data = Windows(make_series(240), args.history, args.horizon)
loader = DataLoader(data, batch_size=32, shuffle=True, collate_fn=collate)
model = Forecaster(2, args.hidden, args.horizon)
optimizer = optim.Adam(model.parameters(), lr=0.01)
for step, (past, future) in enumerate(loader):
    forecast = model(past)
    loss = nn.functional.l1_loss(forecast, future)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 2 == 0:
        print(f"step {step:3d}  mae {loss.item():.3f}")
