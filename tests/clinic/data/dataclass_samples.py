# code: TW627
# numbers: Sample collate_fn
# about: the samples are dataclass objects, which the default collate function can't batch
from dataclasses import dataclass
from typing import Iterator, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class Losses(NamedTuple):
    boxes: float
    kinds: float


@dataclass  # <- culprit # -
class Sample:  # <- culprit # -
    # mended: class Sample(NamedTuple):
    image: Tensor
    box: Tensor
    kind: int


class OneObject(Dataset):
    def __init__(self, n: int, size: int = 24) -> None:
        g = torch.Generator().manual_seed(n)
        self.size = size
        self.corners = torch.randint(0, size - 8, (n, 2), generator=g)
        self.kinds = torch.randint(0, 2, (n,), generator=g)
        self.noise = torch.rand(n, 1, size, size, generator=g) / 5

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, index: int) -> Sample:
        image = self.noise[index].clone()
        (y, x), kind = self.corners[index].tolist(), int(self.kinds[index])
        image[:, y : y + 8, x : x + 8] += 0.5 + 0.3 * kind
        box = torch.tensor([x, y, x + 8, y + 8]) / self.size
        return Sample(image=image, box=box, kind=kind)


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.box = nn.Linear(16 * 6 * 6, 4)
        self.kind = nn.Linear(16 * 6 * 6, 2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        h = self.backbone(image)
        return self.box(h).sigmoid(), self.kind(h)


def train(model: nn.Module, loader: DataLoader, epochs: int) -> Iterator[Losses]:
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for sample in loader:
            box, logits = model(sample.image)
            box_loss = nn.functional.smooth_l1_loss(box, sample.box)
            kind_loss = nn.functional.cross_entropy(logits, sample.kind)
            optimizer.zero_grad()
            (5 * box_loss + kind_loss).backward()
            optimizer.step()
        yield Losses(box_loss.item(), kind_loss.item())


def main() -> None:
    torch.manual_seed(0)
    loader = DataLoader(OneObject(32), batch_size=8, shuffle=True)  # <- or here
    for losses in train(Detector(), loader, epochs=1):
        print(losses)


if __name__ == "__main__":
    main()
