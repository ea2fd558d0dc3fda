# code: TW104
# numbers: meta cpu
# about: the noise of the reparametrization is made on the CPU (torch.randn), mu and the log variance are on the device
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def reparametrize(mu, logvar):
    std = torch.exp(0.5 * logvar)
    eps = torch.randn(std.shape)  # <- culprit
    # mended: eps = torch.randn_like(std)
    return mu + eps * std  # <- or here


def kl_divergence(mu, logvar):
    return -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(dim=1).mean()


class VAE(nn.Module):
    def __init__(self, n_pixels: int, n_hidden: int = 40, n_latent: int = 4):
        super().__init__()
        self.enc = nn.Linear(n_pixels, n_hidden)
        self.mu = nn.Linear(n_hidden, n_latent)
        self.logvar = nn.Linear(n_hidden, n_latent)
        self.dec = nn.Sequential(nn.Linear(n_latent, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_pixels))

    def encode(self, x):
        h = F.relu(self.enc(x))
        return self.mu(h), self.logvar(h)

    def decode(self, z):
        return self.dec(z)

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(reparametrize(mu, logvar)), mu, logvar


def elbo(recon, x, mu, logvar, beta):
    nll = F.binary_cross_entropy_with_logits(recon, x, reduction="none").sum(dim=1).mean()
    return nll + beta * kl_divergence(mu, logvar)


def main():
    torch.manual_seed(42)
    device = torch.device("cuda" if torch.cuda.is_available() else "meta")
    glyphs = (torch.rand(96, 8, 8) > 0.5).float().flatten(1)
    loader = DataLoader(TensorDataset(glyphs), batch_size=32, shuffle=True)
    vae = VAE(64).to(device)
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    for epoch in range(3):
        beta = min(1.0, 0.2 * (epoch + 1))
        for (x,) in loader:
            x = x.to(device)
            recon, mu, logvar = vae(x)
            loss = elbo(recon, x, mu, logvar, beta)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        samples = torch.sigmoid(vae.decode(torch.randn(5, 4, device=device)))
    print("samples", tuple(samples.shape))


if __name__ == "__main__":
    main()
