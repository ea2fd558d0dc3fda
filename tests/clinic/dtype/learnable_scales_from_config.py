# code: TW413
# numbers: int64
# about: the learnable scales start from whole numbers, so the parameter would be an integer tensor
from types import SimpleNamespace

import torch
from torch import nn

settings = SimpleNamespace(
    in_dim=2,
    scales=[1, 2, 4, 8],  # <- culprit
    # mended: scales=[1.0, 2.0, 4.0, 8.0],
    width=32,
    depth=3,
    lr=2e-3,
    steps=12,
)


class FourierFeatures(nn.Module):
    def __init__(self, scales):
        super().__init__()
        self.scales = nn.Parameter(torch.tensor(scales))  # <- or here

    def forward(self, coords):
        phase = coords.unsqueeze(-1) * self.scales * torch.pi
        return torch.cat([phase.sin(), phase.cos()], dim=-1).flatten(1)


class ImplicitImage(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.encode = FourierFeatures(cfg.scales)
        sizes = [cfg.in_dim * 2 * len(cfg.scales)] + [cfg.width] * (cfg.depth - 1)
        hidden = []
        for n_in, n_out in zip(sizes, sizes[1:]):
            hidden.append(nn.Linear(n_in, n_out))
            hidden.append(nn.ReLU())
        self.mlp = nn.Sequential(*hidden, nn.Linear(sizes[-1], 3), nn.Sigmoid())

    def forward(self, coords):
        return self.mlp(self.encode(coords))


def target_image(side):
    ys, xs = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    coords = torch.stack([ys, xs], dim=-1).reshape(-1, 2)
    disc = (coords.norm(dim=1, keepdim=True) < 0.6).float()
    colours = torch.cat([disc, 1 - disc, coords[:, :1].abs()], dim=1)
    return coords, colours


def psnr(mse):
    return -10 * torch.log10(mse)


def fit(cfg):
    torch.manual_seed(33)
    coords, colours = target_image(20)
    image = ImplicitImage(cfg)
    optimizer = torch.optim.Adam(image.parameters(), lr=cfg.lr)
    for step in range(cfg.steps):
        pick = torch.randperm(len(coords))[:128]
        mse = (image(coords[pick]) - colours[pick]).square().mean()
        optimizer.zero_grad()
        mse.backward()
        optimizer.step()
        if step % 4 == 0:
            print(f"step {step}: {psnr(mse.detach()).item():.2f} dB")
    return image


fit(settings)
