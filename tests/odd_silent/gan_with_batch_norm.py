"""A GAN whose critic is frozen while the generator learns; its batch norms are awake, and it learns in between."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
makes, judges = torch.optim.Adam(generator.parameters(), 1e-3), torch.optim.Adam(critic.parameters(), 1e-3)
bce = nn.BCEWithLogitsLoss()
for epoch in range(2):
    for (real,) in DataLoader(TensorDataset(torch.randn(80, 2)), 16, shuffle=True):
        critic.requires_grad_(True)
        fake = generator(torch.randn(len(real), 4))
        loss = bce(critic(real), torch.ones(len(real), 1)) + bce(critic(fake.detach()), torch.zeros(len(real), 1))
        judges.zero_grad()
        loss.backward()
        judges.step()
        critic.requires_grad_(False)
        fooled = bce(critic(generator(torch.randn(len(real), 4))), torch.ones(len(real), 1))
        makes.zero_grad()
        fooled.backward()
        makes.step()
    generator.eval()
    with torch.no_grad():
        print(generator(torch.randn(100, 4)).std(0))
    generator.train()
