# code: TW107
# numbers: meta
# about: the ranking helper goes to NumPy with scores that are still on the accelerator
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "meta")
torch.manual_seed(17)


class TwoTower(nn.Module):
    """Queries and documents in one space; the score is the cosine."""

    def __init__(self, query_dim, doc_dim, dim=16):
        super().__init__()
        self.query_tower = nn.Sequential(nn.Linear(query_dim, 32), nn.ReLU(), nn.Linear(32, dim))
        self.doc_tower = nn.Sequential(nn.Linear(doc_dim, 32), nn.ReLU(), nn.Linear(32, dim))
        self.temperature = nn.Parameter(torch.tensor(0.1))

    def embed_query(self, q):
        return nn.functional.normalize(self.query_tower(q), dim=-1)

    def embed_doc(self, d):
        return nn.functional.normalize(self.doc_tower(d), dim=-1)

    def forward(self, q, d):
        return self.embed_query(q) @ self.embed_doc(d).T / self.temperature


def rank_documents(scores, top=5):
    order = np.argsort(-scores.numpy(), axis=1)  # <- culprit
    # mended: order = torch.argsort(-scores, dim=1)
    return order[:, :top]


def evaluate(model, queries, documents):
    model.eval()
    with torch.no_grad():
        index = torch.cat([model.embed_doc(chunk.to(device)) for chunk in documents.split(25)])
        scores = model.embed_query(queries.to(device)) @ index.T
    model.train()
    return rank_documents(scores)


def train(model, loader, epochs=2):
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for q, d in loader:
            logits = model(q.to(device), d.to(device))
            labels = torch.arange(logits.shape[0], device=device)
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


queries, documents = torch.randn(100, 12), torch.randn(100, 20)
model = TwoTower(12, 20).to(device)
train(model, DataLoader(TensorDataset(queries, documents), batch_size=20, shuffle=True))
top = evaluate(model, queries[:10], documents)
print("ranked", top.shape[0], "queries,", top.shape[1], "documents each")
