# code: TW719
# numbers: (8, 10, 32) (8, 4, 10, 8)
# about: (B, T, C) is viewed as (B, heads, T, C / heads)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.to_q, self.to_k, self.to_v = (nn.Linear(dim, dim, bias=False) for _ in range(3))
        self.proj = nn.Linear(dim, dim)

    def split(self, t):
        B, T, C = t.shape
        return t.view(B, self.heads, T, C // self.heads)  # <- culprit
        # mended: return t.view(B, T, self.heads, C // self.heads).transpose(1, 2)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.split(self.to_q(x)), self.split(self.to_k(x)), self.split(self.to_v(x))
        out = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.proj(out.transpose(1, 2).reshape(B, T, C))


model = nn.Sequential(nn.Embedding(40, 32), Attention(32, 4), nn.Flatten(), nn.Linear(320, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for x, y in DataLoader(TensorDataset(torch.randint(0, 40, (40, 10)), torch.randint(0, 2, (40,))), batch_size=8):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
