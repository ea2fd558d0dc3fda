# code: TW211
# numbers: 13 12
# about: the adjacency has one more node (13, a master node) than the 12 atoms with features
import torch
import torch.nn as nn

torch.manual_seed(4)

MAX_ATOMS = 12
ATOM_TYPES = 5


def dense_adjacency(bonds, num_nodes):
    adj = torch.eye(num_nodes)
    for a, b in bonds:
        adj[a, b] = adj[b, a] = 1.0
    degree = adj.sum(dim=1)
    scale = degree.rsqrt()
    return scale[:, None] * adj * scale[None, :]


def random_molecule():
    bonds = [(i, int(torch.randint(0, i, (1,)))) for i in range(1, MAX_ATOMS)]
    atoms = torch.randint(0, ATOM_TYPES, (MAX_ATOMS,))
    solubility = (atoms == 1).float().mean() - 0.1 * len(bonds)
    return bonds, atoms, solubility


def collate(molecules):
    adj = torch.stack([dense_adjacency(bonds, MAX_ATOMS + 1) for bonds, _, _ in molecules])  # <- culprit
    # mended: adj = torch.stack([dense_adjacency(bonds, MAX_ATOMS) for bonds, _, _ in molecules])
    feats = torch.stack([nn.functional.one_hot(atoms, ATOM_TYPES).float() for _, atoms, _ in molecules])
    target = torch.stack([s for _, _, s in molecules])
    return adj, feats, target


class GraphConv(nn.Module):
    def __init__(self, fin, fout):
        super().__init__()
        self.lin = nn.Linear(fin, fout, bias=False)
        self.bias = nn.Parameter(torch.zeros(fout))

    def forward(self, adj, h):
        return torch.bmm(adj, self.lin(h)) + self.bias


class SolubilityNet(nn.Module):
    def __init__(self, widths=(ATOM_TYPES, 16, 16)):
        super().__init__()
        self.convs = nn.ModuleList(GraphConv(a, b) for a, b in zip(widths, widths[1:]))
        self.readout = nn.Linear(widths[-1], 1)

    def forward(self, adj, h):
        for conv in self.convs:
            h = torch.relu(conv(adj, h))
        return self.readout(h.mean(dim=1)).squeeze(-1)


molecules = [random_molecule() for _ in range(32)]
loader = torch.utils.data.DataLoader(molecules, batch_size=8, collate_fn=collate, shuffle=True)
model = SolubilityNet()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(3):
    epoch_loss = 0.0
    for adj, feats, target in loader:
        pred = model(adj, feats)
        loss = nn.functional.smooth_l1_loss(pred, target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print(f"{epoch=} {epoch_loss=:.4f}")
