# code: TW211
# numbers: 3 10
# about: the keys' axes 1 and 2 (heads and time) were swapped instead of the last two
import math
from collections import OrderedDict

import torch
from torch import nn


class CrossAttention(nn.Module):
    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads, self.head_dim = heads, dim // heads
        self.to_q = nn.Linear(dim, dim)
        self.to_k = nn.Linear(dim, dim)
        self.to_v = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)

    def split(self, t):
        return t.unflatten(-1, (self.heads, self.head_dim)).transpose(1, 2)

    def forward(self, target, source):
        query = self.split(self.to_q(target))
        keys = self.split(self.to_k(source))
        values = self.split(self.to_v(source))
        weights = torch.matmul(query, keys.transpose(1, 2)) / math.sqrt(self.head_dim)  # <- culprit
        # mended: weights = torch.matmul(query, keys.transpose(2, 3)) / math.sqrt(self.head_dim)
        mixed = torch.matmul(weights.softmax(dim=-1), values)
        return self.out(mixed.transpose(1, 2).flatten(2))


class DecoderBlock(nn.Module):
    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.cross = CrossAttention(dim, heads)
        self.ff = nn.Sequential(
            OrderedDict([("up", nn.Linear(dim, 2 * dim)), ("act", nn.GELU()), ("down", nn.Linear(2 * dim, dim))])
        )

    def forward(self, target, source):
        target = target + self.cross(self.norm1(target), source)
        return target + self.ff(self.norm2(target))


class Transliterator(nn.Module):
    def __init__(self, letters: int, dim: int = 24, heads: int = 3, depth: int = 2):
        super().__init__()
        self.src_embed = nn.Embedding(letters, dim)
        self.tgt_embed = nn.Embedding(letters, dim)
        self.blocks = nn.ModuleList([DecoderBlock(dim, heads) for _ in range(depth)])
        self.to_letters = nn.Linear(dim, letters)

    def forward(self, src, tgt):
        memory, x = self.src_embed(src), self.tgt_embed(tgt)
        for block in self.blocks:
            x = block(x, memory)
        return self.to_letters(x)


torch.manual_seed(17)
src = torch.randint(0, 26, (16, 10))
tgt = torch.randint(0, 26, (16, 7))
model = Transliterator(26)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(5):
    scores = model(src, tgt)
    loss = nn.functional.cross_entropy(scores.transpose(1, 2), tgt)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, round(loss.item(), 4))
