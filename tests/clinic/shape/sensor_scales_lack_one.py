# code: TW209
# numbers: 9 8
# about: SCALES has eight entries for the nine sensors, OFFSETS has nine: the standardisation can't broadcast
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

# engine test bench: three temperatures, two pressures, speed, torque, flow, lambda
OFFSETS = (88.0, 91.0, 412.0, 1.01, 2.3, 2900.0, 140.0, 11.0, 0.98)
SCALES = (6.0, 7.0, 55.0, 0.04, 0.6, 800.0, 35.0, 0.09)  # <- culprit
# mended: SCALES = (6.0, 7.0, 55.0, 0.04, 0.6, 800.0, 35.0, 2.5, 0.09)
HIDDEN = 20


class Standardized(nn.Module):
    """Takes readings as they come from the bench."""

    def __init__(self, offsets, scales):
        super().__init__()
        self.register_buffer("offset", torch.tensor(offsets))
        self.register_buffer("scale", torch.tensor(scales))

    def forward(self, readings):
        centred = readings - self.offset
        return centred / self.scale


def build(n_sensors):
    return nn.Sequential(
        Standardized(OFFSETS, SCALES),
        nn.Linear(n_sensors, HIDDEN),
        nn.Tanh(),
        nn.Linear(HIDDEN, 1),
    )


torch.manual_seed(2)
readings = torch.randn(96, 9) * 3 + 50
emissions = readings[:, :3].sum(1, keepdim=True) / 100
net = build(readings.shape[1])
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(2):
    for x, y in DataLoader(TensorDataset(readings, emissions), batch_size=32, shuffle=True):
        loss = nn.functional.huber_loss(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
