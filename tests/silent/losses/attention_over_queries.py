# code: TW711
# numbers: dim=-1
# about: attention weights normalised over the queries, not over the keys
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in (q, k, v))
        scores = q @ k.transpose(-2, -1) / math.sqrt(C // self.heads)
        weights = self.drop(torch.softmax(scores, dim=2))  # <- culprit
        # mended: weights = self.drop(torch.softmax(scores, dim=-1))
        return self.out((weights @ v).transpose(1, 2).reshape(B, T, C))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 32)
        self.attention = SelfAttention(32, 4)
        self.norm = nn.LayerNorm(32)
        self.head = nn.Linear(32, 2)

    def forward(self, tokens):
        x = self.embed(tokens)
        x = self.norm(x + self.attention(x))
        return self.head(x.mean(dim=1))


data = TensorDataset(torch.randint(0, 50, (48, 10)), torch.randint(0, 2, (48,)))
model = Encoder()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for tokens, labels in DataLoader(data, batch_size=8, shuffle=True):
    loss = nn.functional.cross_entropy(model(tokens), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
