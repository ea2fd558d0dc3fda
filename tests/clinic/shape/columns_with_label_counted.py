# code: TW201
# numbers: 21 22
# about: the sensors are counted with the label's column still among them
import torch
from torch import nn

readings = {"temp": torch.rand(60), "flow": torch.rand(60), "volt": torch.rand(60), "failed": torch.rand(60).round()}
columns = sorted(readings)
inputs = [name for name in columns if name != "failed"]
kinds = [(12, 6), (30, 12)]


class Risk(nn.Module):
    def __init__(self, tables, numeric):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(n, d) for n, d in tables])
        width = sum(d for _, d in tables) + numeric
        self.net = nn.Sequential(nn.Linear(width, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, codes, values):
        parts = [table(codes[:, i]) for i, table in enumerate(self.tables)]
        return self.net(torch.cat([*parts, values], dim=-1))


net = Risk(kinds, numeric=len(columns))  # <- culprit
# mended: net = Risk(kinds, numeric=len(inputs))
codes = torch.stack([torch.randint(0, n, (60,)) for n, _ in kinds], 1)
values = torch.stack([readings[name] for name in inputs], 1)
loss = nn.functional.binary_cross_entropy_with_logits(net(codes, values)[:, 0], readings["failed"])
loss.backward()
