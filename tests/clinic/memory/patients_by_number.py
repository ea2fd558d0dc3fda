# code: TW304
# numbers: 8000001
# about: patients are addressed by their number of eight figures, so the table of their histories is 8 million rows square; count them from 0
import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(8)
numbers = np.append(rng.integers(1_000_000, 8_000_000, 40), 8_000_000)
visits = [(int(a), int(b)) for a, b in zip(numbers[:-1], numbers[1:])]


def positions(pairs):
    """Where each patient stands in the table."""
    places = {}
    for pair in pairs:
        for number in pair:
            places[number] = number  # <- culprit
            # mended: places.setdefault(number, len(places))
    return places


def contacts(pairs, places):
    count = max(places.values()) + 1
    table = torch.zeros((count, count), dtype=torch.float32)
    for one, other in pairs:
        table[places[one], places[other]] = 1.0
        table[places[other], places[one]] = 1.0
    return table


class Spreading(nn.Module):
    def __init__(self, count, width=8):
        super().__init__()
        self.start = nn.Parameter(torch.randn(count, width) * 0.1)
        self.mix = nn.Linear(width, width)

    def forward(self, table):
        hidden = torch.tanh(self.mix(table @ self.start))
        return hidden @ hidden.T


places = positions(visits)
table = contacts(visits, places)
model = Spreading(len(table))
opt = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(5):
    loss = nn.functional.binary_cross_entropy_with_logits(model(table), table)
    opt.zero_grad()
    loss.backward()
    opt.step()
