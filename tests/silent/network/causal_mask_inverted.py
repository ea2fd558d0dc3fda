# code: TW740
# numbers: -
# about: masked_fill of the lower triangle: only the future is seen
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class CausalAttention(nn.Module):
    def __init__(self, width, length):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.register_buffer("mask", torch.tril(torch.ones(length, length)).bool())  # <- culprit
        # mended: self.register_buffer("mask", torch.triu(torch.ones(length, length), diagonal=1).bool())

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = q @ k.transpose(1, 2) * q.size(-1) ** -0.5
        scores = scores.masked_fill(self.mask, -1e9)
        return scores.softmax(-1) @ v


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.position = nn.Embedding(30, 16), nn.Embedding(8, 16)
        self.attention = CausalAttention(16, 8)
        self.head = nn.Linear(16, 30)

    def forward(self, tokens):
        x = self.token(tokens) + self.position(torch.arange(8))
        return self.head(x + self.attention(x))


text = torch.randint(0, 30, (32, 9))
model = GPT()
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(TensorDataset(text[:, :-1], text[:, 1:]), batch_size=8):
    loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
