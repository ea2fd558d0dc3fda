# code: TW217
# numbers: 48 5
# about: 48 dimensions can't be split into 5 heads (5 x 9 = 45)
import argparse

import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--dim", type=int, default=48)  # <- or here
parser.add_argument("--n-heads", type=int, default=5)  # <- culprit
# mended: parser.add_argument("--n-heads", type=int, default=6)
parser.add_argument("--notes", type=int, default=88)
args = parser.parse_args([])


class SelfAttention(nn.Module):
    def __init__(self, dim, n_heads):
        super().__init__()
        self.n_heads, self.dim = n_heads, dim
        self.to_q, self.to_k, self.to_v = (nn.Linear(dim, dim) for _ in range(3))

    def _heads(self, t):
        # (batch, time, dim) -> (batch, heads, time, dim / heads)
        return t.view(t.shape[0], t.shape[1], self.n_heads, self.dim // self.n_heads).permute(0, 2, 1, 3)

    def forward(self, x):
        q, k, v = self._heads(self.to_q(x)), self._heads(self.to_k(x)), self._heads(self.to_v(x))
        w = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, dim=-1)
        return x + (w @ v).permute(0, 2, 1, 3).flatten(2)


class MelodyModel(nn.Module):
    def __init__(self, notes, dim, n_heads):
        super().__init__()
        self.embed = nn.Embedding(notes, dim)
        self.attention = SelfAttention(dim, n_heads)
        self.out = nn.Linear(dim, notes)

    def forward(self, melody):
        return self.out(self.attention(self.embed(melody)))


model = MelodyModel(args.notes, args.dim, args.n_heads)
optimizer = torch.optim.Adam(model.parameters())
for _ in range(2):
    melody = torch.randint(0, args.notes, (4, 17))
    logits = model(melody[:, :-1])
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), melody[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("fine")
