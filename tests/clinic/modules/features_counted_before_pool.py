# code: TW011
# numbers: pool
# about: __init__ counts the features with a dry run that needs self.pool, which is assigned only afterwards
from typing import Tuple

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class ShapesDataset(Dataset):
    """Squares and crosses on a noisy ground."""

    def __init__(self, count: int = 40, side: int = 20):
        rng = np.random.default_rng(8)
        self.pictures = rng.normal(0, 0.1, (count, 1, side, side)).astype(np.float32)
        self.kinds = rng.integers(0, 2, count)
        for picture, kind in zip(self.pictures, self.kinds):
            r, c = rng.integers(2, side - 8, 2)
            if kind:
                picture[0, r : r + 6, c : c + 6] += 1
            else:
                picture[0, r + 3, c : c + 6] += 1
                picture[0, r : r + 6, c + 3] += 1

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, i: int) -> Tuple[torch.Tensor, int]:
        return torch.from_numpy(self.pictures[i]), int(self.kinds[i])


class ShapeNet(nn.Module):
    def __init__(self, input_shape: Tuple[int, int, int], n_kinds: int):
        super().__init__()
        self.conv1 = nn.Conv2d(input_shape[0], 8, 5)
        self.conv2 = nn.Conv2d(8, 16, 3)
        n_features = self._count_features(input_shape)  # <- culprit # -
        self.pool = nn.MaxPool2d(2)  # -
        # mended: self.pool = nn.MaxPool2d(2)
        # mended: n_features = self._count_features(input_shape)
        self.fc = nn.Linear(n_features, n_kinds)

    def _features(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return x.flatten(1)

    def _count_features(self, shape: Tuple[int, int, int]) -> int:
        with torch.no_grad():
            return self._features(torch.zeros(1, *shape)).shape[1]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self._features(x))


def main() -> None:
    torch.manual_seed(0)
    dataset = ShapesDataset()
    loader = DataLoader(dataset, batch_size=8, shuffle=True, drop_last=True)
    model = ShapeNet(tuple(dataset[0][0].shape), 2)
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(2):
        for pictures, kinds in loader:
            loss = nn.functional.cross_entropy(model(pictures), kinds)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    main()
