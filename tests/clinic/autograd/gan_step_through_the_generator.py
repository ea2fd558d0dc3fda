# code: TW501
# numbers: -
# about: the discriminator's loss goes back through the generator too: fake isn't detached, so its graph is used up
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
Z_DIM, BATCH = 6, 25


def mlp(*sizes, last=None):
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n_in, n_out), nn.LeakyReLU(0.2)]
    layers = layers[:-1]
    return nn.Sequential(*layers, last) if last is not None else nn.Sequential(*layers)


class PointGAN:
    def __init__(self, lr=2e-4):
        self.generator = mlp(Z_DIM, 32, 32, 2, last=nn.Tanh())
        self.discriminator = mlp(2, 32, 32, 1)
        self.opt_g = torch.optim.Adam(self.generator.parameters(), lr=lr, betas=(0.5, 0.999))
        self.opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=lr, betas=(0.5, 0.999))
        self.bce = nn.BCEWithLogitsLoss()

    def discriminator_step(self, real, fake):
        on_real = self.discriminator(real)
        on_fake = self.discriminator(fake)  # <- culprit
        # mended: on_fake = self.discriminator(fake.detach())
        loss = self.bce(on_real, torch.ones_like(on_real)) + self.bce(on_fake, torch.zeros_like(on_fake))
        self.opt_d.zero_grad()
        loss.backward()
        self.opt_d.step()
        return loss.item()

    def generator_step(self, fake):
        verdict = self.discriminator(fake)
        loss = self.bce(verdict, torch.ones_like(verdict))
        self.opt_g.zero_grad()
        loss.backward()
        self.opt_g.step()
        return loss.item()

    def step(self, real):
        z = torch.randn(real.size(0), Z_DIM)
        fake = self.generator(z)
        d_loss = self.discriminator_step(real, fake)  # <- or here
        g_loss = self.generator_step(fake)
        return d_loss, g_loss


def two_moons(n):
    angle = torch.rand(n) * torch.pi
    moon = torch.randint(0, 2, (n,))
    x = torch.where(moon.bool(), angle.cos(), 1 - angle.cos())
    y = torch.where(moon.bool(), angle.sin(), 0.5 - angle.sin())
    return torch.stack([x, y], dim=1) * 0.5


gan = PointGAN()
loader = DataLoader(TensorDataset(two_moons(200)), batch_size=BATCH, shuffle=True)
for epoch in range(2):
    for (real,) in loader:
        d_loss, g_loss = gan.step(real)
    print(f"epoch {epoch}  D {d_loss:.3f}  G {g_loss:.3f}")
