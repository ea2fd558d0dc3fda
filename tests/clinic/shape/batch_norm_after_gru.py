# code: TW205
# numbers: 12 32
# about: the GRU gives (batch, 12 steps, 32 features); BatchNorm1d wants the 32 features in dimension 1
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class EnergyWindows(Dataset):
    """Windows of 12 hours; the load of the next hour is to be forecast."""

    def __init__(self, hours=200, window=12):
        t = torch.arange(hours, dtype=torch.float32)
        load = torch.sin(t * 2 * torch.pi / 24) + 0.1 * torch.randn(hours)
        temp = torch.cos(t * 2 * torch.pi / 24) + 0.2 * torch.randn(hours)
        self.series = torch.stack([load, temp], dim=1)
        self.window = window

    def __len__(self):
        return len(self.series) - self.window

    def __getitem__(self, start):
        end = start + self.window
        return self.series[start:end], self.series[end, :1]


class Forecaster(nn.Module):
    def __init__(self, input_size=2, hidden=32):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden, num_layers=2, batch_first=True, dropout=0.1)
        self.bn = nn.BatchNorm1d(hidden)
        self.attn = nn.Linear(hidden, 1)
        self.head = nn.Sequential(nn.Linear(hidden, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, window):
        out, _ = self.gru(window)
        out = self.bn(out)  # <- culprit
        # mended: out = self.bn(out.transpose(1, 2)).transpose(1, 2)
        alpha = torch.softmax(self.attn(out), dim=1)
        context = (alpha * out).sum(dim=1)
        return self.head(context)


def epoch_pass(model, loader, loss_fn, optimizer=None):
    model.train(optimizer is not None)
    total, count = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for window, target in loader:
            loss = loss_fn(model(window), target)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total, count = total + loss.item() * len(window), count + len(window)
    return total / count


if __name__ == "__main__":
    torch.manual_seed(21)
    windows = EnergyWindows()
    n_train = int(0.8 * len(windows))
    train_dl = DataLoader(torch.utils.data.Subset(windows, range(n_train)), batch_size=32, shuffle=True)
    valid_dl = DataLoader(torch.utils.data.Subset(windows, range(n_train, len(windows))), batch_size=32)
    model, huber = Forecaster(), nn.HuberLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(2):
        tr = epoch_pass(model, train_dl, huber, optimizer)
        va = epoch_pass(model, valid_dl, huber)
        print(f"{epoch=} train={tr:.4f} valid={va:.4f}")
