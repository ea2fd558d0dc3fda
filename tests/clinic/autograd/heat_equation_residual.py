# code: TW509
# numbers: -
# about: x and t are sliced from the points, but the network gets the points: u does not depend on these slices
import torch
from torch import nn

torch.manual_seed(19)
ALPHA = 0.1


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(x)


def make_net(width: int, depth: int) -> nn.Module:
    layers: list[nn.Module] = [nn.Linear(2, width), Sine()]
    for _ in range(depth - 1):
        layers.extend([nn.Linear(width, width), Sine()])
    layers.append(nn.Linear(width, 1))
    return nn.Sequential(*layers)


def collocation(n: int) -> torch.Tensor:
    points = torch.rand(n, 2)
    return points.requires_grad_()


def initial(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.linspace(0, 1, n).unsqueeze(1)
    return torch.cat([x, torch.zeros_like(x)], dim=1), torch.sin(torch.pi * x)


def boundary(n: int) -> torch.Tensor:
    t = torch.rand(n, 1)
    side = torch.randint(0, 2, (n, 1)).float()
    return torch.cat([side, t], dim=1)


def derivative(u: torch.Tensor, wrt: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(u, wrt, grad_outputs=torch.ones_like(u), create_graph=True)[0]


def residual(net: nn.Module, points: torch.Tensor) -> torch.Tensor:
    x, t = points[:, 0:1], points[:, 1:2]
    u = net(points)  # <- culprit
    # mended: u = net(torch.cat([x, t], dim=1))
    u_t = derivative(u, t)
    u_x = derivative(u, x)
    u_xx = derivative(u_x, x)
    return u_t - ALPHA * u_xx


def total_loss(net: nn.Module) -> torch.Tensor:
    start, value = initial(32)
    at_start = (net(start) - value).square().mean()
    at_sides = net(boundary(32)).square().mean()
    inside = residual(net, collocation(64)).square().mean()
    return inside + 10 * at_start + at_sides


net = make_net(width=20, depth=3)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for iteration in range(6):
    optimizer.zero_grad()
    loss = total_loss(net)
    loss.backward()
    optimizer.step()
    if iteration % 2 == 0:
        print(f"iteration {iteration}: {loss.item():.4f}")
