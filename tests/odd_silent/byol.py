"""BYOL: a target network that only follows; the online one predicts it."""
import copy

import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

online = nn.Sequential(nn.Linear(10, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 8))
predictor = nn.Linear(8, 8)
target = copy.deepcopy(online)
for p in target.parameters():
    p.requires_grad = False
opt = torch.optim.SGD(list(online.parameters()) + list(predictor.parameters()), lr=0.05)
for epoch in range(2):
    for (x,) in DataLoader(TensorDataset(torch.randn(48, 10)), batch_size=16):
        one, two = x + 0.1 * torch.randn_like(x), x * (1 + 0.1 * torch.randn_like(x))
        with torch.no_grad():
            wanted = target(two)
        loss = 2 - 2 * F.cosine_similarity(predictor(online(one)), wanted.detach(), dim=-1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        for p, q in zip(target.parameters(), online.parameters()):
            p.data.mul_(0.99).add_(q.data, alpha=0.01)
