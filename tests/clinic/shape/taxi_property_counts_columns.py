# code: TW201
# numbers: 6 5
# about: the rows get the distance as a sixth column, the property that counts the columns knows only the five of the table
import numpy as np
import torch
from torch import nn


class Schema:
    """The columns of the taxi table."""

    def __init__(self, columns):
        self.columns = columns

    @property
    def width(self):
        return len(self.columns)  # <- culprit
        # mended: return len(self.columns) + 1


class Trips:
    def __init__(self, schema, n=200):
        rng = np.random.default_rng(5)
        raw = rng.normal(size=(n, len(schema.columns)))
        distance = np.hypot(raw[:, 0] - raw[:, 2], raw[:, 1] - raw[:, 3])
        self.rows = torch.tensor(np.column_stack([raw, distance]), dtype=torch.float32)
        self.fares = torch.tensor(2.5 + 3 * distance, dtype=torch.float32)

    def batches(self, size=50):
        for rows, fares in zip(self.rows.split(size), self.fares.split(size)):
            yield rows, fares


class FareNet(nn.Module):
    def __init__(self, width, hidden=32):
        super().__init__()
        self.first = nn.Linear(width, hidden)
        self.second = nn.Linear(hidden, 1)

    def forward(self, rows):
        return self.second(torch.relu(self.first(rows))).squeeze(1)


schema = Schema(["lon_from", "lat_from", "lon_to", "lat_to", "hour"])
trips = Trips(schema)
model = FareNet(schema.width)
opt = torch.optim.AdamW(model.parameters())
for epoch in range(3):
    for rows, fares in trips.batches():
        loss = nn.functional.l1_loss(model(rows), fares)
        opt.zero_grad()
        loss.backward()
        opt.step()
