# code: TW104 TW106
# numbers: meta cpu
# about: the helper makes the causal mask on the CPU, the attention scores are on the device
import argparse

import torch
import torch.nn.functional as F
from torch import nn


def causal_mask(length):
    full = torch.ones(length, length)  # <- culprit
    # mended: full = torch.ones(length, length, device=args.device)
    return torch.triu(full, diagonal=1).bool()


class CausalAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = nn.Linear(dim, dim)

    def split(self, t):
        b, n, d = t.shape
        return t.view(b, n, self.heads, d // self.heads).transpose(1, 2)

    def forward(self, x):
        q, k, v = map(self.split, self.to_qkv(x).chunk(3, dim=-1))
        scores = (q * q.size(-1) ** -0.5) @ k.transpose(-2, -1)
        scores = scores.masked_fill(causal_mask(x.size(1)), float("-inf"))  # <- or here
        out = scores.softmax(-1) @ v
        return self.to_out(out.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = CausalAttention(dim, heads)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class CharModel(nn.Module):
    def __init__(self, n_chars, dim=24, heads=3, depth=2, context=16):
        super().__init__()
        self.chars = nn.Embedding(n_chars, dim)
        self.places = nn.Parameter(torch.zeros(context, dim))
        self.layers = nn.Sequential(*(Layer(dim, heads) for _ in range(depth)))
        self.out = nn.Linear(dim, n_chars)

    def forward(self, idx):
        return self.out(self.layers(self.chars(idx) + self.places[: idx.size(1)]))


parser = argparse.ArgumentParser()
parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "meta")
parser.add_argument("--steps", type=int, default=4)
args = parser.parse_args()
torch.manual_seed(0)
text = "she sells sea shells by the sea shore " * 10
chars = sorted(set(text))
data = torch.tensor([chars.index(c) for c in text])
model = CharModel(len(chars)).to(args.device)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(args.steps):
    starts = torch.randint(0, len(data) - 17, (6,))
    window = torch.stack([data[s : s + 17] for s in starts.tolist()]).to(args.device)
    loss = F.cross_entropy(model(window[:, :-1]).flatten(0, 1), window[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
