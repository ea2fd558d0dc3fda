# code: TW210
# numbers: 2 1
# about: the boundary's time points are a plain vector (50,) beside the column x (50, 1); make them a column too
import torch
from torch import nn


class Field(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x, t):
        return self.body(torch.cat([x, t], dim=-1))


def inner_points(n):
    x = torch.rand(n, 1)
    t = torch.rand(n, 1)
    return x, t


def boundary_points(n):
    x = torch.randint(0, 2, (n, 1)).float()
    t = torch.linspace(0, 1, n)  # <- culprit
    # mended: t = torch.linspace(0, 1, n).unsqueeze(1)
    return x, t


def loss_of(field):
    x, t = inner_points(100)
    inner = field(x, t).square().mean()
    xb, tb = boundary_points(50)
    edge = (field(xb, tb) - torch.sin(tb)).square().mean()
    return inner + edge


torch.manual_seed(0)
field = Field()
optimizer = torch.optim.Adam(field.parameters())
for _ in range(5):
    loss = loss_of(field)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
