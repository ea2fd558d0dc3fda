# code: TW207
# numbers: 768 192
# about: cfg.flat was computed before the second pooling was dropped; the view makes four rows of each tile and the loss has other rows than targets
from dataclasses import dataclass
import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Cfg:
    side: int = 16
    width: int = 12
    flat: int = 12 * 4 * 4  # <- culprit
    # mended: flat: int = 12 * 8 * 8
    batch: int = 10


class TileNet(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.a = nn.Conv2d(4, cfg.width, 3, padding=1)
        self.b = nn.Conv2d(cfg.width, cfg.width, 3, padding=1)
        self.out = nn.Linear(cfg.flat, 1)

    def forward(self, x):
        x = F.max_pool2d(F.gelu(self.a(x)), 2)
        x = F.gelu(self.b(x))
        x = x.view((-1, self.cfg.flat))
        return self.out(x).squeeze(1)


cfg = Cfg()
torch.manual_seed(3)
net = TileNet(cfg)
opt = torch.optim.Adam(net.parameters())
for _ in range(3):
    tiles = torch.rand(cfg.batch, 4, cfg.side, cfg.side)
    moisture = tiles.mean((1, 2, 3))
    loss = F.mse_loss(net(tiles), moisture)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
