# code: TW304
# numbers: 438000000 16
# about: the shared embedding table has a row per combination of categories (product) instead of per category (sum)
import math
import resource
from itertools import accumulate

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

COLUMNS = {"shop": 1000, "day": 365, "hour": 24, "segment": 50}


def cap_memory(gigabytes):
    with open("/proc/self/status") as f:
        now = [int(line.split()[1]) for line in f if line.startswith("VmSize")][0] * 1024
    resource.setrlimit(resource.RLIMIT_AS, (now + int(gigabytes * 2**30),) * 2)


class SharedEmbedding(nn.Module):
    """One table for all columns; each column has its own range of rows."""

    def __init__(self, sizes, dim):
        super().__init__()
        rows = math.prod(sizes)  # <- culprit
        # mended: rows = sum(sizes)
        self.table = nn.Embedding(rows, dim)
        self.register_buffer("offsets", torch.tensor([0, *accumulate(sizes)][:-1]))

    def forward(self, categories):
        return self.table(categories + self.offsets)


class FactorizationMachine(nn.Module):
    def __init__(self, sizes, dim=16):
        super().__init__()
        self.embedding = SharedEmbedding(sizes, dim)
        self.linear = nn.Linear(dim * len(sizes), 1)

    def forward(self, categories):
        e = self.embedding(categories)
        pairs = 0.5 * (e.sum(dim=1).square() - e.square().sum(dim=1)).sum(dim=1)
        return self.linear(e.flatten(1)).squeeze(1) + pairs


def fake_sales(n):
    columns = [torch.randint(0, size, (n,)) for size in COLUMNS.values()]
    return TensorDataset(torch.stack(columns, dim=1), torch.rand(n))


if __name__ == "__main__":
    torch.manual_seed(0)
    cap_memory(0.5)
    model = FactorizationMachine(list(COLUMNS.values()))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for sales_of, amount in DataLoader(fake_sales(256), batch_size=64, shuffle=True):
        loss = nn.functional.mse_loss(model(sales_of), amount)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("weights", sum(p.numel() for p in model.parameters()), "loss", loss.item())
