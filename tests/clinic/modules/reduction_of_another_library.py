# code: TW019
# numbers: average mean
# about: the loss's reduction is called "average" in the settings, torch calls it "mean"; the loss checks it at its first call
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SETTINGS = {
    "hidden": 24,
    "rate": 3e-3,
    "loss": {"kind": "smooth_l1", "beta": 0.5, "reduction": "average"},  # <- culprit
    # mended: "loss": {"kind": "smooth_l1", "beta": 0.5, "reduction": "mean"},
    "epochs": 2,
}
LOSSES = {"smooth_l1": nn.SmoothL1Loss, "huber": nn.HuberLoss}


def make_loss(kind, **options):
    return LOSSES[kind](**options)


class TideNet(nn.Module):
    """Predicts the water level of the next hour from a day of levels and the wind."""

    def __init__(self, hidden):
        super().__init__()
        self.level = nn.GRU(1, hidden, batch_first=True)
        self.wind = nn.Linear(2, hidden)
        self.head = nn.Linear(2 * hidden, 1)

    def forward(self, levels, wind):
        _, last = self.level(levels)
        return self.head(torch.cat([last[-1], self.wind(wind).relu()], dim=1)).squeeze(1)


torch.manual_seed(0)
levels = torch.rand(96, 24, 1)
wind = torch.rand(96, 2)
following = levels[:, -1, 0] + 0.1 * wind[:, 0]
loader = DataLoader(TensorDataset(levels, wind, following), batch_size=16, shuffle=True)

model = TideNet(SETTINGS["hidden"])
criterion = make_loss(**SETTINGS["loss"])
optimizer = torch.optim.AdamW(model.parameters(), lr=SETTINGS["rate"])

for epoch in range(SETTINGS["epochs"]):
    total = 0.0
    for batch_levels, batch_wind, target in loader:
        optimizer.zero_grad()
        loss = criterion(model(batch_levels, batch_wind), target)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, total)
