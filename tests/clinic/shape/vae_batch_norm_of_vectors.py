# code: TW204
# numbers: 4 2
# about: the dense blocks hold vectors of (batch, features); they need BatchNorm1d, BatchNorm2d is for images
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_norm(kind, n):
    norms = {
        "batch": nn.BatchNorm2d,  # <- culprit
        # mended: "batch": nn.BatchNorm1d,
        "layer": nn.LayerNorm,
        "none": lambda n: nn.Identity(),
    }
    return norms[kind](n)


def dense_block(n_in, n_out, norm="batch"):
    return nn.Sequential(nn.Linear(n_in, n_out), make_norm(norm, n_out), nn.ELU())  # <- or here


class VAE(nn.Module):
    def __init__(self, n_in=64, n_hidden=32, n_latent=4, norm="batch"):
        super().__init__()
        self.enc = dense_block(n_in, n_hidden, norm)
        self.mu = nn.Linear(n_hidden, n_latent)
        self.logvar = nn.Linear(n_hidden, n_latent)
        self.dec = nn.Sequential(dense_block(n_latent, n_hidden, norm), nn.Linear(n_hidden, n_in))

    def reparameterise(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        return self.dec(self.reparameterise(mu, logvar)), mu, logvar


def elbo(logits, x, mu, logvar, beta=1.0):
    recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp()) / len(x)
    return recon + beta * kl, recon.detach(), kl.detach()


torch.manual_seed(2)
patches = (torch.rand(128, 1, 8, 8) > 0.6).float()
loader = DataLoader(TensorDataset(patches.flatten(1)), batch_size=32, shuffle=True, drop_last=True)
vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
for epoch in range(3):
    beta = min(1.0, (epoch + 1) / 3)
    for (x,) in loader:
        out = vae(x)
        loss, recon, kl = elbo(out[0], x, *out[1:], beta=beta)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch:2d} | recon {recon:.2f} | kl {kl:.2f}")
