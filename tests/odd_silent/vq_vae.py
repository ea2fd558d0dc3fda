"""VQ-VAE: a straight-through estimator and two losses with one side detached each."""
import torch
from torch import nn
import torch.nn.functional as F


class VQ(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(16, 4), nn.Linear(4, 16)
        self.codes = nn.Embedding(8, 4)

    def forward(self, x):
        z = self.encode(x)
        distance = (z[:, None] - self.codes.weight[None]).pow(2).sum(-1)
        q = self.codes(distance.argmin(1))
        loss = F.mse_loss(q, z.detach()) + 0.25 * F.mse_loss(z, q.detach())
        return self.decode(z + (q - z).detach()), loss


model, data = VQ(), torch.randn(64, 16)
optimizer = torch.optim.Adam(model.parameters(), 1e-3)
for epoch in range(3):
    for batch in data.split(16):
        recon, vq = model(batch)
        loss = F.mse_loss(recon, batch) + vq
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
