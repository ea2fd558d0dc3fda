# about: both networks use one fake batch, once detached; the gradients that G's backward leaves in D are dropped
import torch
from torch import nn, optim

torch.manual_seed(11)
Z = 8
G = nn.Sequential(nn.Linear(Z, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
optG = optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.999))
optD = optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()


def ring(n):
    angle = torch.rand(n) * 6.2832
    return torch.stack([angle.cos(), angle.sin()], dim=1) + 0.05 * torch.randn(n, 2)


for step in range(30):
    real = ring(64)
    fake = G(torch.randn(64, Z))

    # discriminator: the fake batch is cut from G's graph
    optD.zero_grad()
    real_logits, fake_logits = D(real), D(fake.detach())
    lossD = bce(real_logits, torch.full_like(real_logits, 0.9)) + bce(fake_logits, torch.zeros_like(fake_logits))
    lossD.backward()
    optD.step()

    # generator: D has changed since, but this is a fresh pass through it
    optG.zero_grad()
    logits = D(fake)
    lossG = bce(logits, torch.ones_like(logits))
    lossG.backward()  # also fills D's gradients, which optD.zero_grad() clears above
    optG.step()

with torch.no_grad():
    radius = G(torch.randn(256, Z)).norm(dim=1).mean()
print(f"D {lossD.item():.3f}  G {lossG.item():.3f}  radius {radius:.2f}")
