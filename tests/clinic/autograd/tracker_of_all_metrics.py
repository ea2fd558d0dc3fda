# code: TW508
# numbers: grad
# about: the tracker stores the loss tensors with their graph, and its mean turns them into arrays
from collections import defaultdict

import numpy as np
import torch
from torch import nn


class Tracker:
    def __init__(self):
        self.values = defaultdict(list)

    def add(self, **metrics):
        for name, value in metrics.items():
            self.values[name].append(value)

    def means(self):
        return {name: float(np.mean(v)) for name, v in self.values.items()}


def run(model, data, opt, tracker):
    for x, y in data:
        loss = nn.functional.mse_loss(model(x).squeeze(1), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tracker.add(loss=loss, lr=opt.param_groups[0]["lr"])  # <- culprit
        # mended: tracker.add(loss=loss.item(), lr=opt.param_groups[0]["lr"])


model = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 1))
opt = torch.optim.Adam(model.parameters())
data = [(torch.randn(8, 6), torch.randn(8)) for _ in range(5)]
tracker = Tracker()
run(model, data, opt, tracker)
print(tracker.means())
