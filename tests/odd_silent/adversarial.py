"""Adversarial training: gradients of the input first, then those of the weights; SAM-like double steps by hand."""
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for x, y in DataLoader(TensorDataset(torch.rand(40, 1, 8, 8), torch.randint(0, 4, (40,))), batch_size=8):
    x.requires_grad_(True)
    F.cross_entropy(model(x), y).backward()
    attacked = (x + 0.03 * x.grad.sign()).clamp(0, 1).detach()
    optimizer.zero_grad()
    F.cross_entropy(model(attacked), y).backward()
    with torch.no_grad():
        norms = [p.grad.norm() for p in model.parameters()]
        moves = [0.05 * p.grad / torch.stack(norms).norm() for p in model.parameters()]
        for p, move in zip(model.parameters(), moves):
            p.add_(move)
    optimizer.zero_grad()
    F.cross_entropy(model(attacked), y).backward()
    with torch.no_grad():
        for p, move in zip(model.parameters(), moves):
            p.sub_(move)
    optimizer.step()
