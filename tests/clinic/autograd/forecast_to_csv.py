# code: TW508
# numbers: -
# about: predict() runs with gradients on, so its result can't become an array without detach
import csv

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Rivers(Dataset):
    def __init__(self, days, lag=10):
        rng = np.random.default_rng(0)
        rain = rng.gamma(1.0, 2.0, size=days)
        level = np.convolve(rain, np.exp(-np.arange(8) / 3.0))[:days] / 10
        self.level = level.astype("float32")
        self.rain = rain.astype("float32")
        self.lag = lag

    def __len__(self):
        return len(self.level) - self.lag

    def __getitem__(self, day):
        window = slice(day, day + self.lag)
        return np.stack([self.rain[window], self.level[window]]), self.level[day + self.lag]


class DilatedNet(nn.Module):
    def __init__(self, channels=8, dilations=(1, 2, 4)):
        super().__init__()
        self.entry = nn.Conv1d(2, channels, 1)
        self.convs = nn.ModuleList([nn.Conv1d(channels, channels, 2, padding=d, dilation=d) for d in dilations])
        self.exit = nn.Linear(channels, 1)

    def forward(self, window):
        h = self.entry(window)
        for conv in self.convs:
            h = h + torch.tanh(conv(h)[..., : h.shape[-1]])
        return self.exit(h[..., -1])[:, 0]


def train(net, loader, epochs=2):
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(epochs):
        for window, level in loader:
            optimizer.zero_grad()
            loss = (net(window) - level).pow(2).mean()
            loss.backward()
            optimizer.step()


def predict(net, loader):
    net.eval()
    outputs = [net(window) for window, _ in loader]  # <- culprit
    # mended: outputs = [net(window).detach() for window, _ in loader]
    return torch.cat(outputs)  # <- or here


def write_csv(path, predicted, measured):
    predicted = np.round(predicted.numpy(), 3)  # <- or here
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["day", "predicted", "measured"])
        writer.writerows((day, p, m) for day, (p, m) in enumerate(zip(predicted, measured)))


def main():
    torch.manual_seed(0)
    rivers = Rivers(130)
    net = DilatedNet()
    train(net, DataLoader(rivers, batch_size=30, shuffle=True))
    predicted = predict(net, DataLoader(rivers, batch_size=60))
    write_csv("forecast.csv", predicted, rivers.level[rivers.lag :])


if __name__ == "__main__":
    main()
