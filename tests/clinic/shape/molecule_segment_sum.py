# code: TW222
# numbers: 16 9
# about: atoms are summed per molecule into zeros with the atoms' 9 raw features, the hidden states are 16 wide
import torch
from torch import nn

ATOM_FEATURES, HIDDEN = 9, 16


def random_molecules(count):
    sizes = torch.randint(3, 8, (count,))
    owner = torch.repeat_interleave(torch.arange(count), sizes)
    return torch.randn(len(owner), ATOM_FEATURES), owner, torch.randn(count, 1)


class Readout(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(ATOM_FEATURES, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, HIDDEN))
        self.head = nn.Linear(HIDDEN, 1)

    def forward(self, atoms, owner, count):
        h = self.encoder(atoms)
        pooled = torch.zeros(count, atoms.size(1))  # <- culprit
        # mended: pooled = torch.zeros(count, h.size(1))
        pooled.index_add_(0, owner, h)
        return self.head(pooled)


torch.manual_seed(2)
model = Readout()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(4):
    atoms, owner, energy = random_molecules(10)
    predicted = model(atoms, owner, 10)
    loss = nn.functional.mse_loss(predicted, energy)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
