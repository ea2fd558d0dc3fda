# code: TW210
# numbers: 2 1
# about: the doses are stored as plain numbers, the rewards in lists: a batch of doses lacks its last dimension
import random

import torch
from torch import nn


class Memory:
    def __init__(self):
        self.observed, self.doses, self.gains = [], [], []

    def remember(self, seen, dose, gain):
        self.observed.append(seen)
        self.doses.append(dose)  # <- culprit
        # mended: self.doses.append([dose])
        self.gains.append([gain])

    def batch(self, size):
        rows = random.sample(range(len(self.doses)), size)

        def column(items):
            return torch.tensor([items[row] for row in rows])

        return column(self.observed), column(self.doses), column(self.gains)


class Value(nn.Module):
    def __init__(self, markers=4):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(markers + 1, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, seen, dose):
        return self.net(torch.cat((seen, dose), dim=-1))


memory, value = Memory(), Value()
for _ in range(50):
    memory.remember([random.random() for _ in range(4)], random.random(), random.gauss(0, 1))  # <- or here
optimizer = torch.optim.Adam(value.parameters())
for _ in range(3):
    seen, doses, gains = memory.batch(16)
    loss = (value(seen, doses) - gains).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
