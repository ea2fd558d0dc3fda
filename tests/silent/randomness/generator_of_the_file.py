# code: TW756
# numbers: -
# about: augmentation draws from a generator of the module
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(7)  # <- culprit


def jitter(sample, scale=0.2):
    return sample + rng.normal(0, scale, sample.shape).astype(np.float32)
    # mended: return sample + scale * torch.randn(sample.shape).numpy()


class Gestures(Dataset):
    def __init__(self, n, augment):
        self.x = np.random.RandomState(0).randn(n, 6).astype(np.float32)
        self.y = (self.x.sum(1) > 0).astype(np.int64)
        self.augment = augment

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        x = self.x[i]
        if self.augment:
            x = jitter(x)
        return x, self.y[i]


def train():
    torch.manual_seed(0)
    loader = DataLoader(Gestures(80, True), batch_size=16, shuffle=True, num_workers=2)
    model = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()


if __name__ == "__main__":
    train()
