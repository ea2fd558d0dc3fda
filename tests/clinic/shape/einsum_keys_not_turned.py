# code: TW226
# numbers: 3 14
# about: the keys alone are not brought to (batch, heads, steps, size)
import torch
from torch import nn


class Mixing(nn.Module):
    def __init__(self, width=24, heads=3):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x):
        batch, steps, width = x.shape
        size = width // self.heads
        queries = self.q(x).view(batch, steps, self.heads, size).transpose(1, 2)
        keys = self.k(x).view(batch, steps, self.heads, size)  # <- culprit
        # mended: keys = self.k(x).view(batch, steps, self.heads, size).transpose(1, 2)
        values = self.v(x).view(batch, steps, self.heads, size).transpose(1, 2)
        weights = torch.einsum("bhqd,bhkd->bhqk", queries, keys).softmax(-1)
        mixed = torch.einsum("bhqk,bhkd->bhqd", weights, values)
        return mixed.transpose(1, 2).flatten(2)


net = nn.Sequential(nn.Linear(5, 24), Mixing(), nn.Linear(24, 1))
optimizer = torch.optim.Adam(net.parameters())
for step in range(2):
    loss = (net(torch.rand(6, 14, 5))[:, -1, 0] - torch.rand(6)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
