"""Contrastive pairs: two views joined along the batch, similarities of all samples, NT-Xent."""
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

encoder = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16))
projector = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 8))
optimizer = torch.optim.Adam([*encoder.parameters(), *projector.parameters()], lr=1e-3)
for (x,) in DataLoader(TensorDataset(torch.randn(60, 12)), batch_size=12, drop_last=True):
    views = torch.cat([x + 0.1 * torch.randn_like(x), x + 0.1 * torch.randn_like(x)])
    z = F.normalize(projector(encoder(views)), dim=1)
    sim = z @ z.t() / 0.5
    sim.fill_diagonal_(-1e9)
    target = torch.arange(24).roll(12)
    loss = F.cross_entropy(sim, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
