# code: TW007
# numbers: -
# about: the parameters are a generator that counting them has used up before the optimizer gets it
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
CFG = {"latent": 8, "hidden": 48, "lr": 1e-3, "beta": 0.5, "epochs": 2, "train_prior": False}


class VAE(nn.Module):
    def __init__(self, n_in, hidden, latent):
        super(VAE, self).__init__()
        self.enc = nn.Linear(n_in, hidden)
        self.mu = nn.Linear(hidden, latent)
        self.logvar = nn.Linear(hidden, latent)
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, n_in))
        self.prior_mean = nn.Parameter(torch.zeros(latent))

    def forward(self, x):
        h = F.relu(self.enc(x))
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), mu, logvar


def elbo(model, x, beta):
    recon, mu, logvar = model(x)
    kl = -0.5 * (1 + logvar - (mu - model.prior_mean).pow(2) - logvar.exp()).sum(1).mean()
    return F.mse_loss(recon, x, reduction="sum") / len(x) + beta * kl


def select_parameters(model, train_prior):
    model.prior_mean.requires_grad_(train_prior)
    return (p for p in model.parameters() if p.requires_grad)  # <- culprit
    # mended: return [p for p in model.parameters() if p.requires_grad]


def count(params):
    return sum(p.numel() for p in params)


spectra = torch.rand(64, 30).cumsum(1)
spectra = (spectra - spectra.mean(0)) / spectra.std(0)
model = VAE(spectra.shape[1], CFG["hidden"], CFG["latent"])
params = select_parameters(model, CFG["train_prior"])
print(f"training {count(params):,} parameters")

optimizer = torch.optim.Adam(params, lr=CFG["lr"])
for epoch in range(CFG["epochs"]):
    order = torch.randperm(len(spectra))
    for idx in order.split(16):
        loss = elbo(model, spectra[idx], CFG["beta"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: elbo loss {loss:.3f}")
