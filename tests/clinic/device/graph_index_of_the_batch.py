# code: TW101
# numbers: meta cpu
# about: the batch's own .to() forgets graph_ids, which later index the sum over nodes
import torch
from torch import nn
from torch.utils.data import DataLoader


class Graph:
    def __init__(self, nodes, edges, label):
        self.nodes, self.edges, self.label = nodes, edges, label


class GraphBatch:
    def __init__(self, graphs):
        sizes = [len(g.nodes) for g in graphs]
        self.count = len(graphs)
        self.nodes = torch.cat([g.nodes for g in graphs])
        self.adjacency = torch.block_diag(*[g.edges for g in graphs])
        self.graph_ids = torch.repeat_interleave(torch.arange(len(graphs)), torch.tensor(sizes))
        self.labels = torch.tensor([g.label for g in graphs])

    def to(self, device):
        for name in ("nodes", "adjacency", "labels"):  # <- culprit
            # mended: for name in ("nodes", "adjacency", "labels", "graph_ids"):
            setattr(self, name, getattr(self, name).to(device))
        return self


def random_molecules(n, n_feats):
    molecules = []
    for i in range(n):
        atoms = 4 + i % 5
        bonds = (torch.rand(atoms, atoms) < 0.4).float()
        molecules.append(Graph(torch.rand(atoms, n_feats), torch.maximum(bonds, bonds.T), i % 2))
    return molecules


class MessagePassing(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.message = nn.Linear(dim, dim)
        self.update = nn.GRUCell(dim, dim)

    def forward(self, h, adjacency):
        return self.update(adjacency @ self.message(h), h)


class MoleculeNet(nn.Module):
    def __init__(self, n_feats, dim=12, rounds=2):
        super().__init__()
        self.inp = nn.Linear(n_feats, dim)
        self.rounds = nn.ModuleList([MessagePassing(dim) for _ in range(rounds)])
        self.out = nn.Linear(dim, 2)

    def forward(self, batch):
        h = torch.relu(self.inp(batch.nodes))
        same_graph = batch.graph_ids.unsqueeze(0) == batch.graph_ids.unsqueeze(1)
        adjacency = batch.adjacency * same_graph
        for layer in self.rounds:
            h = layer(h, adjacency)
        pooled = h.new_zeros(batch.count, h.shape[1]).index_add(0, batch.graph_ids, h)
        return self.out(pooled)


torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "meta"
loader = DataLoader(random_molecules(40, 6), batch_size=10, shuffle=True, collate_fn=GraphBatch)
model = MoleculeNet(6).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(2):
    for batch in loader:
        batch = batch.to(device)
        loss = nn.functional.cross_entropy(model(batch), batch.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print("done on", next(model.parameters()).device)
