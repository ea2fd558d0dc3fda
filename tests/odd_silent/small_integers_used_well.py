"""uint8 images and masks with arithmetic that stays in range, or wraps on purpose; a new leaf that is the optimized one."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Scenes(Dataset):
    def __init__(self, n):
        rng = np.random.default_rng(0)
        self.images = rng.integers(0, 256, (n, 8, 8), dtype=np.uint8)
        self.masks = rng.integers(0, 4, (n, 8, 8), dtype=np.uint8)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = 255 - self.images[i]
        image = image.astype(np.int16) + np.random.randint(0, 60)
        mask = torch.from_numpy(self.masks[i]) - 1  # 0 is no class: 255 is left out of the loss
        return torch.from_numpy(np.clip(image, 0, 255)).float()[None] / 255, mask.long()


np.random.seed(0)
torch.manual_seed(0)
model = nn.Conv2d(1, 3, 3, padding=1)
scale = torch.tensor([1.0], requires_grad=True)
optimizer = torch.optim.Adam([*model.parameters(), scale], lr=1e-3)
for image, mask in DataLoader(Scenes(40), batch_size=8, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(image) * scale, mask, ignore_index=255).backward()
    optimizer.step()
fixed = torch.rand(1, 1, 8, 8)
dream = torch.tensor(fixed.tolist(), requires_grad=True)
for parameter in model.parameters():
    parameter.requires_grad_(False)
painter = torch.optim.SGD([dream], lr=0.5)
for step in range(3):
    painter.zero_grad()
    (-model(dream).mean()).backward()
    painter.step()
