# code: TW756
# numbers: -
# about: worker_init_fn seeds by the worker's number: the same noise in each epoch
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Crops(Dataset):
    def __init__(self, images, labels, size):
        self.images, self.labels, self.size = images, labels, size

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        top = random.randint(0, self.images.shape[-1] - self.size)
        left = random.randint(0, self.images.shape[-1] - self.size)
        return self.images[i, :, top : top + self.size, left : left + self.size], self.labels[i]


def main():
    torch.manual_seed(3)
    data = Crops(torch.randn(60, 1, 16, 16), torch.randint(0, 3, (60,)), 8)
    loader = DataLoader(data, batch_size=10, shuffle=True, num_workers=2, worker_init_fn=random.seed)  # <- culprit
    # mended: loader = DataLoader(data, batch_size=10, shuffle=True, num_workers=2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    opt = torch.optim.SGD(model.parameters(), lr=0.01)
    for epoch in range(3):
        for x, y in loader:
            opt.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            opt.step()


if __name__ == "__main__":
    main()
