# code: TW606
# numbers: 4 3
# about: the class masks keep a channel of one, (batch, 1, 20, 20); the loss wants (batch, 20, 20)
from typing import Optional

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class LandCover(Dataset):
    classes = ["water", "forest", "field", "town"]

    def __init__(self, tiles: int, size: int = 20, noise: Optional[float] = 0.1) -> None:
        coarse = torch.randint(0, len(self.classes), (tiles, 1, size // 5, size // 5))
        self.masks = coarse.repeat_interleave(5, dim=2).repeat_interleave(5, dim=3)
        colors = torch.rand(len(self.classes), 4)
        self.tiles = colors[self.masks[:, 0]].permute(0, 3, 1, 2)
        if noise:
            self.tiles = self.tiles + noise * torch.randn(self.tiles.shape)

    def __len__(self) -> int:
        return len(self.tiles)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.tiles[index], self.masks[index]  # <- or here


class DilatedNet(nn.Module):
    def __init__(self, bands: int, classes: int, width: int = 10, dilations: tuple[int, ...] = (1, 2, 4)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for d in dilations:
            layers += [nn.Conv2d(bands, width, 3, padding=d, dilation=d), nn.InstanceNorm2d(width), nn.ReLU()]
            bands = width
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, tile: Tensor) -> Tensor:
        return self.head(self.body(tile))


def iou(pred: Tensor, mask: Tensor, k: int) -> float:
    both = ((pred == k) & (mask == k)).sum().item()
    either = ((pred == k) | (mask == k)).sum().item()
    return both / max(either, 1)


def train(epochs: int = 2) -> None:
    torch.manual_seed(35)
    dataset = LandCover(tiles=16)
    loader = DataLoader(dataset, batch_size=4, shuffle=True)
    net = DilatedNet(bands=4, classes=len(dataset.classes))
    criterion = nn.CrossEntropyLoss()
    opt = torch.optim.Adam(net.parameters(), lr=5e-3)
    for epoch in range(epochs):
        for tile, mask in loader:
            logits = net(tile)
            loss = criterion(logits, mask)  # <- culprit
            # mended: loss = criterion(logits, mask.squeeze(1))
            opt.zero_grad()
            loss.backward()
            opt.step()
        scores = [iou(logits.argmax(1), mask.squeeze(1), k) for k in range(len(dataset.classes))]
        print(epoch, f"{loss.item():.3f}", [round(s, 2) for s in scores])


if __name__ == "__main__":
    train()
