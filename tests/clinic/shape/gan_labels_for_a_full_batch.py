# code: TW202
# numbers: 16 8
# about: the real/fake labels are made for 16 samples, the last batch has only 8
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(11)

Z_DIM = 8
BATCH = 16

angles = torch.rand(200) * 6.2832
ring = torch.stack([angles.cos(), angles.sin()], dim=1) + 0.05 * torch.randn(200, 2)
loader = DataLoader(TensorDataset(ring), batch_size=BATCH, shuffle=True)  # <- or here

G = nn.Sequential(nn.Linear(Z_DIM, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))

bce = nn.BCEWithLogitsLoss()
opt_g = optim.Adam(G.parameters(), lr=5e-4, betas=(0.5, 0.999))
opt_d = optim.Adam(D.parameters(), lr=5e-4, betas=(0.5, 0.999))


def step_discriminator(real, ones, zeros):
    fake = G(torch.randn(real.size(0), Z_DIM)).detach()
    opt_d.zero_grad()
    loss = bce(D(real), ones) + bce(D(fake), zeros)
    loss.backward()
    opt_d.step()
    return loss.item()


def step_generator(count, ones):
    opt_g.zero_grad()
    loss = bce(D(G(torch.randn(count, Z_DIM))), ones)
    loss.backward()
    opt_g.step()
    return loss.item()


for epoch in range(2):
    d_sum = g_sum = 0.0
    for (real,) in loader:
        size = BATCH  # <- culprit
        # mended: size = real.size(0)
        ones, zeros = torch.full((size, 1), 0.9), torch.zeros(size, 1)
        d_sum += step_discriminator(real, ones, zeros)
        g_sum += step_generator(size, ones)
    print(f"[{epoch}] loss_D {d_sum / len(loader):.3f}  loss_G {g_sum / len(loader):.3f}")

with torch.no_grad():
    print("radius of samples:", G(torch.randn(64, Z_DIM)).norm(dim=1).mean().item())
