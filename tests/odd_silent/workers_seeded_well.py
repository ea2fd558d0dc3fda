"""Workers: a generator made lazily in each worker, seeds by PyTorch's recipe, noise by the sample's number."""

import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Lazy(Dataset):
    def __init__(self, n, by_number=False):
        self.x = np.linspace(0, 1, n * 4, dtype=np.float32).reshape(n, 4)
        self.rng, self.by_number = None, by_number

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        if self.by_number:
            rng = np.random.default_rng(1000 + i)
        else:
            if self.rng is None:
                self.rng = np.random.default_rng(torch.initial_seed() % 2**32)
            rng = self.rng
        return self.x[i] + rng.normal(0, 0.1, 4).astype(np.float32), self.x[i, :1]


def seed_worker(worker_id):
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)


torch.manual_seed(0)
model = nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for by_number in (False, True):
    train_loader = DataLoader(
        Lazy(64, by_number), batch_size=16, shuffle=True, num_workers=2, worker_init_fn=seed_worker
    )
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
