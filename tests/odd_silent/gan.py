"""A GAN: two optimizers, detached fakes, gradients of the discriminator left behind by the generator's step."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

G = nn.Sequential(nn.Linear(4, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(32, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
loader = DataLoader(TensorDataset(torch.randn(64, 2)), batch_size=16, shuffle=True, drop_last=True)
for epoch in range(2):
    for (real,) in loader:
        fake = G(torch.randn(16, 4))
        opt_d.zero_grad()
        loss_d = bce(D(real), torch.ones(16, 1)) + bce(D(fake.detach()), torch.zeros(16, 1))
        loss_d.backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g = bce(D(fake), torch.ones(16, 1))
        loss_g.backward()
        opt_g.step()
    with torch.no_grad():
        print(G(torch.randn(5, 4)).mean(), D(real).sigmoid().mean())
