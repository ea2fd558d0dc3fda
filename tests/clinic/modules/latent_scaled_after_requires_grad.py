# code: TW008
# numbers: -
# about: the latent is multiplied by 0.02 after requires_grad was set, so it is no leaf that can be optimized
import torch
from torch import nn


class Generator(nn.Module):
    """A small fixed generator, standing in for a trained one."""

    def __init__(self, z_dim=16, ch=8):
        super().__init__()
        self.ch = ch
        self.fc = nn.Linear(z_dim, ch * 4 * 4)
        self.up = nn.Sequential(
            nn.ConvTranspose2d(ch, ch, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(ch, 3, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.up(self.fc(z).view(-1, self.ch, 4, 4))


class Inverter:
    """Finds the latent vectors whose images look like the given ones."""

    def __init__(self, generator, z_dim, lr=0.05, n_steps=20):
        self.generator = generator.eval()
        for p in self.generator.parameters():
            p.requires_grad = False
        self.z_dim = z_dim
        self.lr = lr
        self.n_steps = n_steps

    def initial_latent(self, n):
        z = torch.randn(n, self.z_dim, requires_grad=True) * 0.02  # <- culprit
        # mended: z = (torch.randn(n, self.z_dim) * 0.02).requires_grad_()
        return z

    def __call__(self, targets):
        z = self.initial_latent(len(targets))
        optimizer = torch.optim.Adam([z], lr=self.lr, betas=(0.9, 0.99))
        for i in range(self.n_steps):
            optimizer.zero_grad()
            images = self.generator(z)
            loss = (images - targets).abs().mean() + 1e-3 * z.pow(2).mean()
            loss.backward()
            optimizer.step()
            if i % 5 == 0:
                print(f"inversion step {i}: {loss.item():.4f}")
        return z.detach()


if __name__ == "__main__":
    torch.manual_seed(2)
    generator = Generator()
    with torch.no_grad():
        targets = generator(torch.randn(4, 16))
    found = Inverter(generator, z_dim=16)(targets)
    print("latents", found.shape)
