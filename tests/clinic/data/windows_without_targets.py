# code: TW622
# numbers: 380 373
# about: the windows run up to the end of the series, the targets of the last ones lie behind it; both need the horizon in their count
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PAST, AHEAD = 20, 8


def brewery_temperature(steps=400):
    """The temperature of a fermenter: a slow wave and noise."""
    torch.manual_seed(1)
    return torch.tensor([18 + 2 * math.sin(t / 30) for t in range(steps)]) + 0.1 * torch.randn(steps)


def past_windows(series):
    rows = []
    for start in range(len(series) - PAST):  # <- culprit
        # mended: for start in range(len(series) - PAST - AHEAD + 1):
        rows.append(series[start : start + PAST])
    return torch.stack(rows)


def targets(series):
    ends = range(PAST, len(series) - AHEAD + 1)
    return torch.stack([series[end : end + AHEAD] for end in ends])


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.LSTM(1, 16, batch_first=True)
        self.decoder = nn.Linear(16, AHEAD)

    def forward(self, window):
        _, (hidden, _) = self.encoder(window.unsqueeze(-1))
        return self.decoder(hidden[-1])


def main():
    series = brewery_temperature()
    series = (series - series.mean()) / series.std()
    data = TensorDataset(past_windows(series), targets(series))
    loader = DataLoader(data, batch_size=32, shuffle=True)
    model = Forecaster()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(2):
        for window, wanted in loader:
            loss = nn.functional.mse_loss(model(window), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    print(loss.item())


if __name__ == "__main__":
    main()
