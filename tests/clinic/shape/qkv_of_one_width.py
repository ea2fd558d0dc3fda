# code: TW201
# numbers: 24 72
# about: the one layer that makes queries, keys and values gives width features, so each of the three has a third; it must give 3 * width
import torch
from torch import nn


class OneHeadAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, width, bias=False)  # <- culprit
        # mended: self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1)
        return self.out(weights @ v)


class Ranker(nn.Module):
    def __init__(self, n_items=50, width=72):
        super().__init__()
        self.items = nn.Embedding(n_items, width)
        self.attention = OneHeadAttention(width)
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, n_items)

    def forward(self, basket):
        x = self.items(basket)
        x = self.norm(x + self.attention(x))
        return self.score(x[:, -1])


torch.manual_seed(0)
model = Ranker()
opt = torch.optim.Adam(model.parameters(), 1e-3)
for _ in range(3):
    baskets = torch.randint(50, (16, 9))
    loss = nn.functional.cross_entropy(model(baskets[:, :-1]), baskets[:, -1])
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
