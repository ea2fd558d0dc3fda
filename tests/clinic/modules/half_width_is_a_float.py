# code: TW012
# numbers: 24.0 float
# about: the width of the bottleneck is divided with /, so nn.Linear is built with the float 24.0
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

config = {
    "n_sensors": 12,
    "width": 48,
    "squeeze": 2,
    "batch_size": 32,
    "lr": 3e-3,
    "max_epochs": 2,
}


def bottleneck_width(cfg):
    return max(4, cfg["width"] / cfg["squeeze"])  # <- culprit
    # mended: return max(4, cfg["width"] // cfg["squeeze"])


class AnomalyDetector(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        sizes = [cfg["n_sensors"], cfg["width"], bottleneck_width(cfg)]
        self.down = self.stack(sizes)
        self.up = self.stack(sizes[::-1])

    @staticmethod
    def stack(sizes):
        layers = nn.Sequential()
        for i, (before, after) in enumerate(zip(sizes, sizes[1:])):
            layers.add_module(f"norm{i}", nn.LayerNorm(before))
            layers.add_module(f"linear{i}", nn.Linear(before, after))
            if i + 2 < len(sizes):
                layers.add_module(f"act{i}", nn.Mish())
        return layers

    def forward(self, readings):
        return self.up(self.down(readings))

    def score(self, readings):
        return (self(readings) - readings).square().mean(-1)


def sensor_data(n, n_sensors, faulty=False):
    hidden = torch.randn(n, 3)
    readings = hidden @ torch.linspace(-1, 1, 3 * n_sensors).view(3, n_sensors)
    if faulty:
        readings[:, n_sensors // 2] += 4.0
    return readings + 0.05 * torch.randn(n, n_sensors)


torch.manual_seed(6)
normal = sensor_data(128, config["n_sensors"])
loader = DataLoader(TensorDataset(normal), batch_size=config["batch_size"], shuffle=True)
detector = AnomalyDetector(config)
optimizer = torch.optim.NAdam(detector.parameters(), lr=config["lr"])
for epoch in range(config["max_epochs"]):
    for (readings,) in loader:
        loss = detector.score(readings).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: {loss.item():.4f}")

with torch.no_grad():
    threshold = detector.score(normal).quantile(0.95)
    caught = (detector.score(sensor_data(50, config["n_sensors"], faulty=True)) > threshold).float().mean()
print(f"caught {caught:.0%} of the faults")
