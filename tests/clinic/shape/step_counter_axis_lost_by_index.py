# code: TW218
# numbers: 2
# about: selecting one axis by an integer drops the channel dimension, so dim 2 isn't there for the statistics
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(23)
AXES = {"x": 0, "y": 1, "z": 2}


class WristWindows(Dataset):
    """Two seconds of acceleration, and whether the person walks, runs or sits."""

    def __init__(self, n=36, samples=40, axis="z"):
        self.signal = torch.randn(n, 3, samples)
        self.activity = torch.arange(n) % 3
        self.signal += torch.sin(torch.arange(samples) * (self.activity[:, None, None] + 1) * 0.3)
        self.axis = AXES[axis]

    def __len__(self):
        return len(self.activity)

    def __getitem__(self, i):
        a = self.axis
        window = self.signal[i, a]  # <- culprit
        # mended: window = self.signal[i, a : a + 1]
        return window, self.activity[i]


def statistics(window):
    centred = window - window.mean(dim=2, keepdim=True)
    spread = centred.pow(2).mean(dim=2).sqrt()
    crossings = (centred[..., 1:] * centred[..., :-1] < 0).float().mean(dim=2)
    peak = centred.abs().amax(dim=2)
    return torch.cat([spread, crossings, peak], dim=1)


class ActivityNet(nn.Module):
    def __init__(self, channels=1, classes=3):
        super().__init__()
        self.norm = nn.BatchNorm1d(3 * channels)
        self.mlp = nn.Sequential(nn.Linear(3 * channels, 16), nn.Hardswish(), nn.Linear(16, classes))

    def forward(self, window):
        return self.mlp(self.norm(statistics(window)))


loader = DataLoader(WristWindows(), batch_size=9, shuffle=True)
net = ActivityNet()
opt = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(3):
    seen = hits = 0
    for window, activity in loader:
        logits = net(window)
        loss = nn.functional.cross_entropy(logits, activity)
        opt.zero_grad()
        loss.backward()
        opt.step()
        hits += int((logits.argmax(dim=1) == activity).sum())
        seen += len(activity)
    print(f"epoch {epoch}: {100 * hits / seen:.0f}% right")
