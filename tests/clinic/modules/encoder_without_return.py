# code: TW005
# numbers: PatchEncoder NoneType
# about: PatchEncoder.forward computes the code but does not return it
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class Config:
    image: int = 16
    patch: int = 4
    code: int = 12
    lr: float = 2e-3
    steps: int = 8


class PatchEncoder(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.patchify = nn.Conv2d(1, 16, kernel_size=cfg.patch, stride=cfg.patch)
        self.act = nn.SiLU()
        self.to_code = nn.Linear(16 * (cfg.image // cfg.patch) ** 2, cfg.code)

    def forward(self, image: Tensor) -> Tensor:
        patches = self.act(self.patchify(image))
        code = self.to_code(patches.flatten(1))  # <- culprit
        # mended: code = self.to_code(patches.flatten(1))
        # mended: return code


class PatchDecoder(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.side = cfg.image // cfg.patch
        self.from_code = nn.Linear(cfg.code, 16 * self.side**2)
        self.unpatch = nn.ConvTranspose2d(16, 1, kernel_size=cfg.patch, stride=cfg.patch)

    def forward(self, code: Tensor) -> Tensor:
        h = self.from_code(code).unflatten(1, (16, self.side, self.side))
        return torch.sigmoid(self.unpatch(torch.relu(h)))


class AutoEncoder(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.encoder = PatchEncoder(cfg)
        self.decoder = PatchDecoder(cfg)

    def forward(self, image: Tensor) -> Tensor:
        return self.decoder(self.encoder(image))


def batches(cfg: Config, size: int = 20):
    g = torch.Generator().manual_seed(42)
    ramp = torch.linspace(0, 1, cfg.image)
    for _ in range(cfg.steps):
        phase = torch.rand(size, 1, 1, 1, generator=g)
        yield ((ramp[:, None] + ramp[None, :]) / 2 + phase).remainder(1.0)


def train(cfg: Config) -> None:
    torch.manual_seed(0)
    model = AutoEncoder(cfg)
    optimizer = torch.optim.Adam(model.parameters(), cfg.lr)
    for step, image in enumerate(batches(cfg)):
        loss = nn.functional.binary_cross_entropy(model(image), image)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"{step:2d} {loss.item():.4f}")


train(Config())
