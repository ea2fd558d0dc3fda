"""MoCo: the key encoder is frozen for the optimizer, moves by an average, and its batch norms stay in train mode."""
import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Moco(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8))
        self.key = copy.deepcopy(self.query).requires_grad_(False)
        self.register_buffer("queue", nn.functional.normalize(torch.randn(64, 8), dim=1))

    @torch.no_grad()
    def follow(self, momentum=0.9):
        for slow, fast in zip(self.key.parameters(), self.query.parameters(), strict=True):
            slow.data.mul_(momentum).add_(fast.data, alpha=1 - momentum)

    def forward(self, one, other):
        q = nn.functional.normalize(self.query(one), dim=1)
        with torch.no_grad():
            self.follow()
            k = nn.functional.normalize(self.key(other), dim=1)
        logits = torch.cat([(q * k).sum(1, keepdim=True), q @ self.queue.T], dim=1) / 0.2
        self.queue = torch.cat([k, self.queue[: -len(k)]])
        return logits, torch.zeros(len(q), dtype=torch.long)


torch.manual_seed(0)
model = Moco()
optimizer = torch.optim.SGD(model.query.parameters(), lr=0.1)
for epoch in range(2):
    model.eval()
    with torch.no_grad():
        model(torch.randn(8, 8), torch.randn(8, 8))
    model.train()
    for (x,) in DataLoader(TensorDataset(torch.randn(64, 8)), 16, shuffle=True):
        loss = nn.functional.cross_entropy(*model(x + 0.1 * torch.randn_like(x), x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
