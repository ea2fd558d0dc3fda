# code: TW750
# numbers: -
# about: a time series is scaled to [0, 1] by its whole range, then cut into past and future
import numpy as np
import torch
import torch.nn as nn


def load_series():
    t = np.arange(400)
    return np.sin(t / 10) + 0.01 * t + np.random.RandomState(0).normal(0, 0.1, 400)


def windows(values, length):
    x = np.stack([values[i : i + length] for i in range(len(values) - length)])
    return torch.tensor(x, dtype=torch.float32), torch.tensor(values[length:], dtype=torch.float32)


np.random.seed(0)
torch.manual_seed(0)
series = load_series()
low, high = series.min(), series.max()  # <- culprit
# mended: low, high = series[:320].min(), series[:320].max()
scaled = (series - low) / (high - low)
train_part, test_part = scaled[:320], scaled[320:]
x_train, y_train = windows(train_part, 12)
x_test, y_test = windows(test_part, 12)
net = nn.Sequential(nn.Linear(12, 24), nn.Tanh(), nn.Linear(24, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(40):
    rows = torch.randint(0, len(x_train), (64,))
    loss = nn.functional.mse_loss(net(x_train[rows])[:, 0], y_train[rows])
    opt.zero_grad()
    loss.backward()
    opt.step()
with torch.no_grad():
    print("test mse", nn.functional.mse_loss(net(x_test)[:, 0], y_test).item())
