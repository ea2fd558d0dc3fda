# code: TW509
# numbers: -
# about: the grid of the collocation points needs requires_grad before x and t are cut out of it
import torch
from torch import nn


def collocation(n):
    points = torch.rand(n, 2)  # <- culprit
    # mended: points = torch.rand(n, 2, requires_grad=True)
    return points[:, :1] * 2 - 1, points[:, 1:]


class Burgers(nn.Module):
    def __init__(self, nu=0.01):
        super().__init__()
        self.nu = nu
        self.net = nn.Sequential(nn.Linear(2, 20), nn.Tanh(), nn.Linear(20, 1))

    def forward(self, x, t):
        return self.net(torch.cat([x, t], 1))

    def residual(self, x, t):
        u = self(x, t)
        u_x, u_t = torch.autograd.grad(u.sum(), (x, t), create_graph=True)
        u_xx = torch.autograd.grad(u_x.sum(), x, create_graph=True)[0]
        return u_t + u * u_x - self.nu * u_xx


model = Burgers()
optimizer = torch.optim.Adam(model.parameters())
for step in range(3):
    x, t = collocation(64)
    loss = model.residual(x, t).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
