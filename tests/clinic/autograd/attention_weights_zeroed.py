# code: TW503
# numbers: -
# about: the attention weights are zeroed in place after the softmax, which needs its result for the gradient
import math

import torch
import torch.nn.functional as F
from torch import nn


class SetAttention(nn.Module):
    """Pools a padded set of items with learned queries."""

    def __init__(self, dim, n_queries=2):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(n_queries, dim) / math.sqrt(dim))
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)

    def forward(self, items, absent):
        scores = torch.einsum("qd,bnd->bqn", self.queries, self.key(items)) / math.sqrt(items.size(-1))
        weights = F.softmax(scores, dim=-1)
        weights[absent.unsqueeze(1).expand_as(weights)] = 0.0  # <- culprit
        # mended: weights = weights.masked_fill(absent.unsqueeze(1), 0.0)
        pooled = weights @ self.value(items)
        return pooled.flatten(1)


class BasketModel(nn.Module):
    def __init__(self, n_products, dim=10, n_segments=3):
        super().__init__()
        self.product = nn.Embedding(n_products, dim)
        self.pool = SetAttention(dim)
        self.classifier = nn.Sequential(nn.LayerNorm(2 * dim), nn.Linear(2 * dim, n_segments))

    def forward(self, basket, absent):
        return self.classifier(self.pool(self.product(basket), absent))


def make_baskets(n, n_products, max_items, seed):
    g = torch.Generator().manual_seed(seed)
    basket = torch.randint(0, n_products, (n, max_items), generator=g)
    size = torch.randint(2, max_items + 1, (n, 1), generator=g)
    absent = torch.arange(max_items) >= size
    segment = basket[:, 0] * 3 // n_products
    return basket, absent, segment


def batches(tensors, size):
    order = torch.randperm(len(tensors[0]))
    for idx in order.split(size):
        yield [t[idx] for t in tensors]


if __name__ == "__main__":
    torch.manual_seed(2)
    data = make_baskets(96, n_products=30, max_items=8, seed=5)
    net = BasketModel(30)
    adam = torch.optim.Adam(net.parameters(), lr=1e-2)
    for epoch in range(3):
        correct = 0
        for basket, absent, segment in batches(data, 24):
            logits = net(basket, absent)
            loss = F.cross_entropy(logits, segment)
            adam.zero_grad()
            loss.backward()
            adam.step()
            correct += (logits.argmax(-1) == segment).sum().item()
        print(f"{epoch}: {correct / len(data[0]):.2%}")
