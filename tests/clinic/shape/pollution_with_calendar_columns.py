# code: TW214
# numbers: 6 10
# about: the loader adds four calendar columns to the six sensors, the LSTM was built for 6
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Settings(NamedTuple):
    sensors: int = 6
    window: int = 12
    horizon: int = 3
    hidden: int = 24


def calendar_columns(hours: torch.Tensor) -> torch.Tensor:
    day = 2 * torch.pi * hours / 24
    year = 2 * torch.pi * hours / (24 * 365)
    return torch.stack([day.sin(), day.cos(), year.sin(), year.cos()], dim=1)


class AirQuality(Dataset):
    def __init__(self, s: Settings, hours: int = 200):
        self.s = s
        raw = torch.randn(hours, s.sensors).cumsum(0) * 0.1
        self.pm25 = raw[:, 0]
        self.rows = torch.cat([raw, calendar_columns(torch.arange(hours))], dim=1)

    def __len__(self):
        return len(self.rows) - self.s.window - self.s.horizon

    def __getitem__(self, i):
        end = i + self.s.window
        return self.rows[i:end], self.pm25[end : end + self.s.horizon]


class Forecaster(nn.Module):
    def __init__(self, in_features: int, hidden: int, horizon: int):
        super().__init__()
        self.lstm = nn.LSTM(in_features, hidden, num_layers=2, batch_first=True, dropout=0.1)
        self.head = nn.Sequential(nn.LayerNorm(hidden), nn.Linear(hidden, horizon))

    def forward(self, window):
        sequence, _ = self.lstm(window)
        return self.head(sequence[:, -1])


def make_model(s: Settings) -> Forecaster:
    return Forecaster(s.sensors, s.hidden, s.horizon)  # <- culprit
    # mended: return Forecaster(s.sensors + 4, s.hidden, s.horizon)


def fit(model, loader, epochs):
    loss_fn = nn.HuberLoss()
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(epochs):
        total = 0.0
        for window, future in loader:
            loss = loss_fn(model(window), future)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(window)
        print(f"epoch {epoch + 1}: {total / len(loader.dataset):.4f}")


torch.manual_seed(6)
settings = Settings()
fit(make_model(settings), DataLoader(AirQuality(settings), batch_size=32, shuffle=True), epochs=2)
