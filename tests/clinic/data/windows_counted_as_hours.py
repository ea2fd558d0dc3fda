# code: TW622
# numbers: 240 24
# about: __len__ counts all 240 hours, but only 240 - 24 windows have a next hour to predict
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset


class LoadWindows(Dataset):
    """A day of consumption and the hour that follows."""

    def __init__(self, series, window=24):
        self.series = series
        self.window = window

    def __len__(self):
        return len(self.series)  # <- culprit
        # mended: return len(self.series) - self.window

    def __getitem__(self, start):
        stop = start + self.window
        day = self.series[start:stop]
        return day.unsqueeze(-1), self.series[stop]


class Forecaster(nn.Module):
    def __init__(self, hidden=16, layers=1):
        super().__init__()
        self.rnn = nn.LSTM(1, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, day):
        states, _ = self.rnn(day)
        return self.linear(states[:, -1]).squeeze(-1)


def consumption(hours, seed=0):
    g = torch.Generator().manual_seed(seed)
    hour = torch.arange(hours, dtype=torch.float32)
    daily = torch.sin(2 * torch.pi * hour / 24)
    return daily + 0.3 * torch.sin(2 * torch.pi * hour / 168) + 0.1 * torch.randn(hours, generator=g)


def split_in_time(dataset, fraction):
    cut = int(len(dataset) * fraction)
    return Subset(dataset, range(cut)), Subset(dataset, range(cut, len(dataset)))


def validate(model, loader):
    errors = []
    with torch.no_grad():
        for day, following in loader:
            errors.append((model(day) - following).abs())
    return torch.cat(errors).mean().item()


def main(epochs=2):
    torch.manual_seed(0)
    train, val = split_in_time(LoadWindows(consumption(240)), 0.8)
    train_loader = DataLoader(train, batch_size=32, shuffle=True)
    val_loader = DataLoader(val, batch_size=16)
    model = Forecaster()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        for day, following in train_loader:
            loss = (model(day) - following).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: train {loss.item():.3f}, val MAE {validate(model, val_loader):.3f}")


if __name__ == "__main__":
    main()
