# code: TW109
# numbers: meta cpu
# about: the encoder was moved to the device, its projection head never was
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class TwoViews(Dataset):
    """Sensor windows, each seen twice with different jitter."""

    def __init__(self, n, length):
        torch.manual_seed(n)
        self.base = torch.randn(n, 3, length).cumsum(dim=2)

    def __len__(self):
        return len(self.base)

    def jitter(self, window):
        return window * torch.empty(3, 1).uniform_(0.8, 1.2) + 0.1 * torch.randn_like(window)

    def __getitem__(self, i):
        return self.jitter(self.base[i]), self.jitter(self.base[i])


class WindowEncoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(3, 16, 5, padding=2), nn.BatchNorm1d(16), nn.ReLU(), nn.Conv1d(16, dim, 5, padding=2), nn.ReLU()
        )

    def forward(self, w):
        return self.net(w).amax(dim=2)


def build(dim, out_dim, device):
    encoder = WindowEncoder(dim).to(device)
    projector = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(inplace=True), nn.Linear(dim, out_dim))  # <- culprit
    # mended: projector = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(inplace=True), nn.Linear(dim, out_dim)).to(device)
    return encoder, projector  # <- or here


def nt_xent(z1, z2, tau=0.2):
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    sim = z @ z.t() / tau
    n = z1.shape[0]
    sim = sim - 1e9 * torch.eye(2 * n, device=z.device)
    positives = torch.arange(2 * n, device=z.device).roll(n)
    return F.cross_entropy(sim, positives)


def pretrain(device, epochs=2):
    encoder, projector = build(24, 12, device)
    optimizer = torch.optim.Adam([*encoder.parameters(), *projector.parameters()], lr=1e-3)
    for epoch in range(epochs):
        for a, b in DataLoader(TwoViews(48, 30), batch_size=16, shuffle=True, drop_last=True):
            h1, h2 = encoder(a.to(device)), encoder(b.to(device))
            loss = nt_xent(projector(h1), projector(h2))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print("epoch", epoch)
    return encoder


if __name__ == "__main__":
    pretrain(torch.device("cuda" if torch.cuda.is_available() else "meta"))
