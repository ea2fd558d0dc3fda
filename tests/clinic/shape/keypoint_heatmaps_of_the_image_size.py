# code: TW202
# numbers: 16 32
# about: the heat maps are drawn 32 wide, the network's stride of 2 makes it predict 16
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    image_size: int = 32
    heatmap_size: int = 32  # <- culprit
    # mended: heatmap_size: int = 16
    joints: int = 4
    sigma: float = 1.5
    epochs: int = 2


class PoseDataset(Dataset):
    def __init__(self, cfg: Config, n: int = 24):
        self.cfg = cfg
        self.frames = torch.rand(n, 3, cfg.image_size, cfg.image_size)
        self.joints = torch.rand(n, cfg.joints, 2)

    def __len__(self):
        return len(self.frames)

    def _draw(self, xy):
        size = self.cfg.heatmap_size
        axis = torch.arange(size, dtype=torch.float32)
        cx, cy = xy * (size - 1)
        dist = (axis[None, :] - cx) ** 2 + (axis[:, None] - cy) ** 2
        return torch.exp(-dist / (2 * self.cfg.sigma**2))

    def __getitem__(self, i):
        maps = torch.stack([self._draw(xy) for xy in self.joints[i]])
        return self.frames[i], maps


class PoseNet(nn.Module):
    def __init__(self, joints: int, width: int = 12):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.body = nn.Sequential(
            nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.out = nn.Conv2d(width, joints, 1)

    def forward(self, frame):
        return self.out(self.body(self.stem(frame)))


def main():
    torch.manual_seed(3)
    cfg = Config()
    net = PoseNet(cfg.joints)
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    loader = DataLoader(PoseDataset(cfg), batch_size=6, shuffle=True)
    for epoch in range(cfg.epochs):
        running = 0.0
        for frame, heat in loader:
            loss = F.mse_loss(net(frame), heat)
            opt.zero_grad()
            loss.backward()
            opt.step()
            running += loss.item()
        print("epoch", epoch, "heatmap mse", running / len(loader))


if __name__ == "__main__":
    main()
