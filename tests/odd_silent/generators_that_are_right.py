# about: random numbers in workers: seeded by the index, by worker_init_fn, and drawn from torch
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Indexed(Dataset):
    def __init__(self, seed=0):
        self.seed = seed

    def __len__(self):
        return 48

    def __getitem__(self, i):
        rng = np.random.default_rng((self.seed, i))
        return torch.from_numpy(rng.normal(size=3).astype("float32"))


class Reseeded(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 48

    def __getitem__(self, i):
        return torch.from_numpy(self.rng.normal(size=3).astype("float32")) + 0.1 * torch.rand(3)


def reseed(worker):
    torch.utils.data.get_worker_info().dataset.rng = np.random.default_rng(torch.initial_seed() % 2**32)


def main():
    torch.manual_seed(0)
    coder = nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 3))
    optimizer = torch.optim.Adam(coder.parameters(), lr=0.01)
    first = DataLoader(Indexed(), batch_size=12, shuffle=True, num_workers=2)
    second = DataLoader(Reseeded(), batch_size=12, shuffle=True, num_workers=2, worker_init_fn=reseed)
    for loader in (first, second):
        for x in loader:
            loss = nn.functional.mse_loss(coder(x), x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


if __name__ == "__main__":
    main()
