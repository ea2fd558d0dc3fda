# code: TW734
# numbers: Adam
# about: Adam is built anew in each epoch
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(16, 8)
        self.mu, self.logvar = nn.Linear(8, 2), nn.Linear(8, 2)
        self.dec = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 16))

    def forward(self, x):
        h = torch.relu(self.enc(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), mu, logvar


def train_one_epoch(model, loader):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # <- culprit
    # mended: optimizer = OPTIMIZER
    for (x,) in loader:
        recon, mu, logvar = model(x)
        kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
        loss = ((recon - x) ** 2).sum(1).mean() + kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


model = VAE()
OPTIMIZER = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(torch.randn(48, 16)), batch_size=12, shuffle=True)
for epoch in range(3):
    print(train_one_epoch(model, loader))
