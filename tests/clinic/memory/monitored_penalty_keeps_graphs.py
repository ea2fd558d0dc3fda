# code: TW303
# numbers: -
# about: the monitored smoothness is kept as a tensor with its graph, step after step; .item() would keep a number
import resource
from collections import defaultdict

import torch
from torch import nn


class Monitor:
    def __init__(self):
        self.values = defaultdict(list)

    def log(self, **values):
        for name, value in values.items():
            self.values[name].append(value)  # <- culprit
            # mended: self.values[name].append(float(value))

    def mean(self, name, last=10):
        recent = self.values[name][-last:]
        return float(sum(recent)) / len(recent)


class HeightField(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(2, width)
        self.outer = nn.Linear(width, 1)

    def forward(self, xy):
        return self.outer(torch.sin(3 * self.inner(xy)))


def smoothness(field, xy, step=0.01):
    return ((field(xy + step) - field(xy)) / step).square().mean()


def sample_points(n):
    xy = torch.rand(n, 2) * 2 - 1
    return xy, (xy.prod(dim=1, keepdim=True) * 3).cos()


def memory_in_use():
    with open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith("VmSize:"):
                return int(line.split()[1]) * 1024


def fit(field, steps):
    monitor = Monitor()
    optimizer = torch.optim.SGD(field.parameters(), lr=1e-3)
    for step in range(steps):
        xy, height = sample_points(512)
        loss = nn.functional.mse_loss(field(xy), height)
        rough = smoothness(field, sample_points(2200)[0])
        monitor.log(loss=loss.item(), rough=rough)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 2 == 1:
            print(f"step {step + 1}: loss {monitor.mean('loss'):.4f} roughness {monitor.mean('rough'):.4f}")
    return monitor


torch.manual_seed(6)
budget = memory_in_use() + 400 * 1024**2
resource.setrlimit(resource.RLIMIT_AS, (budget, budget))
fit(HeightField(width=4096), steps=6)
