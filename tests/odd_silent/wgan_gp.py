"""WGAN with gradient penalty; the critic is stepped more often than the generator."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

gen = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
og, oc = torch.optim.Adam(gen.parameters(), 1e-4), torch.optim.Adam(critic.parameters(), 1e-4)
for step, (real,) in enumerate(DataLoader(TensorDataset(torch.randn(120, 2)), batch_size=12)):
    fake = gen(torch.randn(12, 3)).detach()
    eps = torch.rand(12, 1)
    mixed = (eps * real + (1 - eps) * fake).requires_grad_(True)
    grads = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0]
    penalty = ((grads.norm(2, dim=1) - 1) ** 2).mean()
    loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
    oc.zero_grad()
    loss.backward()
    oc.step()
    if step % 3 == 2:
        og.zero_grad()
        (-critic(gen(torch.randn(12, 3))).mean()).backward()
        og.step()
