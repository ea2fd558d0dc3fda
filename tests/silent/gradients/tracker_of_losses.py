# code: TW723
# numbers: -
# about: a tracker sums up the losses themselves, weighted by the size of the batch
from collections import defaultdict

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Tracker:
    def __init__(self):
        self.sums, self.counts = defaultdict(float), defaultdict(int)

    def add(self, size, **losses):
        for name, loss in losses.items():
            self.sums[name] = self.sums[name] + loss * size  # <- culprit
            # mended: self.sums[name] = self.sums[name] + loss.item() * size
            self.counts[name] += size

    def mean(self, name):
        return self.sums[name] / self.counts[name]


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 6))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
loader = DataLoader(TensorDataset(torch.randn(100, 6)), batch_size=20, shuffle=True)
for epoch in range(2):
    tracker = Tracker()
    for (x,) in loader:
        rebuilt, sparse = (model(x) - x).pow(2).mean(), model[0](x).abs().mean()
        optimizer.zero_grad()
        (rebuilt + 0.01 * sparse).backward()
        optimizer.step()
        tracker.add(len(x), rebuilt=rebuilt, sparse=sparse)
    print(float(tracker.mean("rebuilt")))
