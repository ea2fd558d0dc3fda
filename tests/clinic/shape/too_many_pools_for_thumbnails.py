# code: TW206
# numbers: 16 5
# about: five halvings are too many for thumbnails of 16 pixels: after four only 1x1 is left
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class Settings:
    image_size: int = 16  # <- or here
    base: int = 4
    stages: int = 5  # <- culprit
    # mended: stages: int = 4
    labels: list = field(default_factory=lambda: ["cat", "dog", "horse"])
    batch_size: int = 9
    epochs: int = 2


class Thumbnails(Dataset):
    def __init__(self, settings: Settings, n: int = 45):
        self.settings = settings
        self.data = torch.rand(n, 3, settings.image_size, settings.image_size)
        self.targets = torch.arange(n) % len(settings.labels)

    def __len__(self) -> int:
        return self.targets.numel()

    def __getitem__(self, i: int):
        return self.data[i].sub(0.5).div(0.25), self.targets[i]


class Stage(nn.Module):
    def __init__(self, cin: int, cout: int):
        super().__init__()
        self.conv_a = nn.Conv2d(cin, cout, 3, padding="same")
        self.conv_b = nn.Conv2d(cout, cout, 3, padding="same")
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_a(x).relu()
        x = self.conv_b(x).relu()
        return self.pool(x)


class VggLike(nn.Module):
    def __init__(self, settings: Settings):
        super().__init__()
        widths = [3] + [settings.base * 2**i for i in range(settings.stages)]
        self.features = nn.Sequential(*(Stage(a, b) for a, b in zip(widths, widths[1:])))
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[-1], len(settings.labels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.gap(self.features(x)).flatten(1))


def main(settings: Settings) -> None:
    torch.manual_seed(0)
    loader = DataLoader(Thumbnails(settings), settings.batch_size, shuffle=True)
    model = VggLike(settings)
    sgd = torch.optim.SGD(model.parameters(), lr=0.02, nesterov=True, momentum=0.9)
    for epoch in range(settings.epochs):
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main(Settings())
