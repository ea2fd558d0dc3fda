# code: TW756
# numbers: -
# about: worker_init_fn gives each worker the same seed
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Signals(Dataset):
    def __init__(self, n):
        self.base = np.sin(np.linspace(0, 20, n * 8)).reshape(n, 8).astype(np.float32)

    def __len__(self):
        return len(self.base)

    def __getitem__(self, i):
        noise = np.random.normal(0, 0.1, 8).astype(np.float32)
        return self.base[i] + noise, self.base[i].mean(keepdims=True)


def init_worker(worker_id):
    np.random.seed(1234)  # <- culprit
    # mended: np.random.seed(torch.initial_seed() % 2**32)


if __name__ == "__main__":
    torch.manual_seed(0)
    loader = DataLoader(Signals(64), batch_size=8, shuffle=True, num_workers=2, worker_init_fn=init_worker)
    model = nn.Linear(8, 1)
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
