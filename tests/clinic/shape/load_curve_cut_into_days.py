# code: TW212
# numbers: 1003 42 24
# about: 1003 hours are no whole number of days; rounding up asks for 42 days of 24 hours
import math

import numpy as np
import torch
from torch import nn

HOURS = 24


def simulate_load(hours: int) -> np.ndarray:
    rng = np.random.default_rng(12)
    t = np.arange(hours)
    daily = np.sin(2 * np.pi * t / 24)
    weekly = np.cos(2 * np.pi * t / (24 * 7))
    return (10 + 3 * daily + weekly + rng.normal(0, 0.2, hours)).astype(np.float32)


def into_days(series: torch.Tensor) -> torch.Tensor:
    return series.reshape(math.ceil(len(series) / HOURS), HOURS)  # <- culprit
    # mended: return series[: len(series) // HOURS * HOURS].reshape(-1, HOURS)


class DayAutoencoder(nn.Module):
    def __init__(self, code: int):
        super().__init__()
        self.down = nn.Sequential(nn.Linear(HOURS, 16), nn.ELU(), nn.Linear(16, code))
        self.up = nn.Sequential(nn.Linear(code, 16), nn.ELU(), nn.Linear(16, HOURS))

    def forward(self, day):
        code = self.down(day)
        return self.up(code), code


def normalized(days: torch.Tensor) -> torch.Tensor:
    return (days - days.mean()) / days.std()


def main() -> None:
    torch.manual_seed(12)
    load = torch.from_numpy(simulate_load(1003))
    days = normalized(into_days(load))
    model = DayAutoencoder(code=3)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    for epoch in range(5):
        order = torch.randperm(len(days))
        losses = []
        for picked in order.split(10):
            restored, code = model(days[picked])
            loss = (restored - days[picked]).square().mean() + 1e-3 * code.abs().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(epoch, np.mean(losses))
    with torch.no_grad():
        unusual = (model(days)[0] - days).square().mean(dim=1).topk(3).indices
    print("most unusual days:", unusual.tolist())


if __name__ == "__main__":
    main()
