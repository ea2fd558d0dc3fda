# code: TW015
# numbers: leaky_relu
# about: the table of activations has the function F.leaky_relu where Sequential needs the module nn.LeakyReLU()
import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS = {
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "leaky_relu": F.leaky_relu,  # <- culprit
    # mended: "leaky_relu": nn.LeakyReLU(),
}


def mlp(sizes, activation="tanh", last=None):
    layers = []
    for i in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i < len(sizes) - 2:
            layers.append(ACTIVATIONS[activation])
    if last is not None:
        layers.append(ACTIVATIONS[last])
    return nn.Sequential(*layers)


class GAN:
    def __init__(self, noise_dim=4, data_dim=2, hidden=16):
        self.noise_dim = noise_dim
        self.G = mlp([noise_dim, hidden, hidden, data_dim], "tanh")
        self.D = mlp([data_dim, hidden, hidden, 1], "leaky_relu", last="sigmoid")
        self.g_opt = torch.optim.Adam(self.G.parameters(), lr=2e-3, betas=(0.5, 0.999))
        self.d_opt = torch.optim.Adam(self.D.parameters(), lr=2e-3, betas=(0.5, 0.999))

    def noise(self, n):
        return torch.randn(n, self.noise_dim)

    def d_step(self, real):
        fake = self.G(self.noise(len(real))).detach()
        d_real, d_fake = self.D(real), self.D(fake)
        loss = F.binary_cross_entropy(d_real, torch.ones_like(d_real)) + F.binary_cross_entropy(
            d_fake, torch.zeros_like(d_fake)
        )
        self.d_opt.zero_grad()
        loss.backward()
        self.d_opt.step()
        return loss.item()

    def g_step(self, n):
        d_fake = self.D(self.G(self.noise(n)))
        loss = F.binary_cross_entropy(d_fake, torch.ones_like(d_fake))
        self.g_opt.zero_grad()
        loss.backward()
        self.g_opt.step()
        return loss.item()


def ring(n):
    angle = 2 * torch.pi * torch.rand(n)
    return torch.stack([angle.cos(), angle.sin()], dim=1) + 0.02 * torch.randn(n, 2)


torch.manual_seed(1)
gan = GAN()
for it in range(12):
    d_loss = gan.d_step(ring(32))
    g_loss = gan.g_step(32)
    if it % 4 == 0:
        print(f"{it:3d}  D {d_loss:.3f}  G {g_loss:.3f}")
