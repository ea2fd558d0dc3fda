# code: TW610
# numbers: -
# about: the configuration counts different articles, whose numbers are sparse
from dataclasses import dataclass
import pandas as pd
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    n_articles: int
    n_customers: int
    dim: int = 8
    lr: float = 1e-2


def read():
    rng = np.random.default_rng(4)
    articles = rng.choice(np.arange(3000, 9000), 70, replace=False)
    return pd.DataFrame({"article": rng.choice(articles, 500), "customer": rng.integers(0, 50, 500),
                         "bought": rng.integers(0, 2, 500)})


class TwoTowers(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.article = nn.Embedding(cfg.n_articles, cfg.dim)
        self.customer = nn.Embedding(cfg.n_customers, cfg.dim)

    def forward(self, article, customer):
        return (self.article(article) * self.customer(customer)).sum(-1)


orders = read()
cfg = Config(
    n_articles=len(orders.article.unique()),  # <- culprit
    # mended: n_articles=int(orders.article.max()) + 1,
    n_customers=int(orders.customer.max()) + 1,
)
model = TwoTowers(cfg)
data = TensorDataset(*(torch.tensor(orders[c].to_numpy()) for c in ("article", "customer", "bought")))
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
for article, customer, bought in DataLoader(data, batch_size=64, shuffle=True):
    loss = nn.functional.binary_cross_entropy_with_logits(model(article, customer), bought.float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
