# code: TW409 TW401
# numbers: float64 float32
# about: the adjacency normalized in NumPy is float64, the node features are float32
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def ring_with_shortcuts(nodes: int, shortcuts: int, rng) -> np.ndarray:
    adj = np.zeros((nodes, nodes))
    for i in range(nodes):
        adj[i, (i + 1) % nodes] = adj[(i + 1) % nodes, i] = 1
    for a, b in rng.integers(0, nodes, size=(shortcuts, 2)):
        adj[a, b] = adj[b, a] = 1
    return adj


def normalize(adj: np.ndarray) -> torch.Tensor:
    adj = adj + np.eye(len(adj))
    inv_sqrt = 1.0 / np.sqrt(adj.sum(axis=1))
    return torch.from_numpy(inv_sqrt[:, None] * adj * inv_sqrt[None, :])  # <- culprit
    # mended: return torch.from_numpy(inv_sqrt[:, None] * adj * inv_sqrt[None, :]).float()


class GraphConv(nn.Module):
    def __init__(self, in_dim: int, out_dim: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_dim, out_dim))
        self.bias = nn.Parameter(torch.zeros(out_dim))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, feats: torch.Tensor, adj: torch.Tensor) -> torch.Tensor:
        support = feats @ self.weight
        return adj @ support + self.bias


class GCN(nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.convs = nn.ModuleList([GraphConv(a, b) for a, b in zip(dims[:-1], dims[1:])])

    def forward(self, feats, adj):
        for conv in self.convs[:-1]:
            feats = F.dropout(F.relu(conv(feats, adj)), 0.2, self.training)
        return self.convs[-1](feats, adj)


def main(nodes=30, epochs=5):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    adj = normalize(ring_with_shortcuts(nodes, 10, rng))
    feats = torch.tensor(rng.normal(size=(nodes, 7)), dtype=torch.float32)
    labels = torch.arange(nodes) * 3 // nodes
    is_train = torch.rand(nodes) < 0.6
    gcn = GCN([7, 16, 3])
    opt = torch.optim.Adam(gcn.parameters(), lr=0.02, weight_decay=5e-4)
    for epoch in range(epochs):
        gcn.train()
        opt.zero_grad()
        logits = gcn(feats, adj)
        loss = F.cross_entropy(logits[is_train], labels[is_train])
        loss.backward()
        opt.step()
        accuracy = (logits.argmax(1)[~is_train] == labels[~is_train]).float().mean()
        print(f"{epoch}: loss {loss:.3f} accuracy {accuracy:.2f}")


if __name__ == "__main__":
    main()
