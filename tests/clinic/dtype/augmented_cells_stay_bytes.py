# code: TW402
# numbers: uint8
# about: Augment turns the array into a byte tensor; make it float where it returns the image
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Augment:
    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, image, mask):
        if np.random.rand() < self.p:
            image, mask = image[:, ::-1].copy(), mask[:, ::-1].copy()
        image = torch.from_numpy(image).permute(2, 0, 1)  # <- culprit
        # mended: image = torch.from_numpy(image).permute(2, 0, 1).float() / 255
        mask = torch.from_numpy(mask).long()
        return image, mask


class Cells(Dataset):
    def __init__(self, n=16, augment=None):
        rng = np.random.default_rng(0)
        self.images = rng.integers(0, 256, (n, 24, 24, 3)).astype("uint8")
        self.masks = rng.integers(0, 2, (n, 24, 24)).astype("uint8")
        self.augment = augment

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.augment(self.images[i], self.masks[i])


net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
optimizer = torch.optim.Adam(net.parameters())
for image, mask in DataLoader(Cells(augment=Augment()), batch_size=4):
    loss = nn.functional.cross_entropy(net(image), mask)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
