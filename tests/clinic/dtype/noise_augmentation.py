# code: TW401
# numbers: float64 float32
# about: the noise transform adds NumPy noise (float64), which makes the float32 picture float64
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Compose:
    def __init__(self, *steps):
        self.steps = steps

    def __call__(self, picture):
        for step in self.steps:
            picture = step(picture)
        return picture


class RandomFlip:
    def __init__(self, rng, p=0.5):
        self.rng, self.p = rng, p

    def __call__(self, picture):
        return picture[:, :, ::-1].copy() if self.rng.random() < self.p else picture


class GaussianNoise:
    def __init__(self, rng, sigma):
        self.rng = rng
        self.sigma = sigma

    def __call__(self, picture):
        noise = self.rng.normal(0.0, self.sigma, size=picture.shape)  # <- culprit
        # mended: noise = self.rng.normal(0.0, self.sigma, size=picture.shape).astype(np.float32)
        return np.clip(picture + noise, 0.0, 1.0)  # <- or here


class ToTensor:
    def __call__(self, picture):
        return torch.from_numpy(picture)  # <- or here


class Textures(Dataset):
    def __init__(self, n, transform=None):
        grid = np.linspace(0, 6, 20, dtype=np.float32)
        self.items = []
        for i in range(n):
            wave = 0.5 + 0.5 * np.sin(grid[None] * (1 + i % 4)) * np.cos(grid[:, None])
            self.items.append((np.repeat(wave[None], 3, axis=0).astype(np.float32), i % 4))
        self.transform = transform

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        picture, label = self.items[i]
        return self.transform(picture), label


def stage(c_in, c_out):
    return [nn.Conv2d(c_in, c_out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(c_out), nn.LeakyReLU(0.1)]


torch.manual_seed(5)
rng = np.random.default_rng(5)
loader_train = DataLoader(
    Textures(48, Compose(RandomFlip(rng), GaussianNoise(rng, 0.05), ToTensor())), batch_size=12, shuffle=True
)
loader_test = DataLoader(Textures(16, Compose(ToTensor())), batch_size=8)
net = nn.Sequential(*stage(3, 8), *stage(8, 16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4))
sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

net.eval()
with torch.no_grad():
    print("before", sum((net(p).argmax(1) == y).sum().item() for p, y in loader_test))
net.train()
for pictures, y in loader_train:
    loss = nn.functional.cross_entropy(net(pictures), y)
    sgd.zero_grad()
    loss.backward()
    sgd.step()
print("last loss", loss.item())
