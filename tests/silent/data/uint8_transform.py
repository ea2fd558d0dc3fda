# code: TW742
# numbers: -
# about: a transform brightens uint8 pixels in numpy
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Brighten:
    def __init__(self, most):
        self.most = most

    def __call__(self, image):
        delta = np.random.randint(20, self.most)
        image = image + np.uint8(delta)  # <- culprit
        # mended: image = np.clip(image.astype(np.int64) + delta, 0, 255)
        return image


class ToTensor:
    def __call__(self, image):
        return torch.tensor(image / 255.0, dtype=torch.float32)[None]


class Compose:
    def __init__(self, *steps):
        self.steps = steps

    def __call__(self, image):
        for step in self.steps:
            image = step(image)
        return image


class Leaves(Dataset):
    def __init__(self, n, transform):
        self.images = np.random.RandomState(0).randint(0, 256, (n, 12, 12), dtype=np.uint8)
        self.labels = (self.images.mean((1, 2)) > 127).astype(np.int64)
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.transform(self.images[i]), self.labels[i]


np.random.seed(0)
torch.manual_seed(0)
loader = DataLoader(Leaves(96, Compose(Brighten(80), ToTensor())), batch_size=16, shuffle=True)
net = nn.Sequential(nn.Flatten(), nn.Linear(144, 16), nn.ReLU(), nn.Linear(16, 2))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(2):
    for x, y in loader:
        opt.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        opt.step()
