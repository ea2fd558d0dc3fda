# code: TW014
# numbers: shape
# about: shape is an attribute, not a method: x.shape() calls a torch.Size
from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass
class AttentionConfig:
    dim: int = 32
    heads: int = 4
    classes: int = 5
    seed: int = 9
    lrs: list = field(default_factory=lambda: [1e-3, 1e-4])


class SelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def split(self, x):
        b, t, c = x.shape()  # <- culprit
        # mended: b, t, c = x.shape
        return x.view(b, t, self.heads, c // self.heads).transpose(1, 2)

    def forward(self, x):
        q, k, v = map(self.split, self.qkv(x).chunk(3, dim=-1))
        scores = q @ k.transpose(-2, -1) / q.size(-1) ** 0.5
        mixed = scores.softmax(-1) @ v
        return self.proj(mixed.transpose(1, 2).flatten(2))


class PointCloudClassifier(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.lift = nn.Linear(3, cfg.dim)
        self.attend = nn.ModuleList([SelfAttention(cfg.dim, cfg.heads) for _ in range(2)])
        self.norms = nn.ModuleList([nn.LayerNorm(cfg.dim) for _ in range(2)])
        self.out = nn.Linear(cfg.dim, cfg.classes)

    def forward(self, points):
        h = self.lift(points)
        for attend, norm in zip(self.attend, self.norms):
            h = h + attend(norm(h))
        return self.out(h.max(dim=1).values)


def clouds(cfg, n=30, points=25):
    kinds = torch.arange(n) % cfg.classes
    cloud = torch.randn(n, points, 3) * (1 + kinds.view(-1, 1, 1) / 2)
    return cloud, kinds


cfg = AttentionConfig()
torch.manual_seed(cfg.seed)
cloud, kinds = clouds(cfg)
for lr in cfg.lrs:
    model = PointCloudClassifier(cfg)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(5):
        loss = nn.functional.cross_entropy(model(cloud), kinds)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"lr {lr}: {loss.item():.3f}")
