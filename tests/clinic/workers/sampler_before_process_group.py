# code: TW908
# numbers: init_process_group
# about: the loader's DistributedSampler is made before the process group is initialised
import os
import socket
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler


def setup():
    rank, world_size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    meeting = Path("rendezvous").resolve()
    dist.init_process_group("gloo", init_method=meeting.as_uri(), rank=rank, world_size=world_size)


def make_data(n=48):
    g = torch.Generator().manual_seed(5)
    x = torch.randn(n, 6, generator=g)
    y = (x.prod(dim=1) > 0).float()
    return TensorDataset(x, y)


def make_loader(dataset, batch_size):
    sampler = DistributedSampler(dataset, shuffle=True, seed=1)
    return DataLoader(dataset, batch_size=batch_size, sampler=sampler)


class Parity(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.hidden = nn.Linear(6, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return self.out(torch.sin(self.hidden(x))).squeeze(1)


def mean_over_ranks(value):
    total = torch.tensor(value)
    dist.all_reduce(total)
    return total.item() / dist.get_world_size()


def train(loader, epochs):
    model = DistributedDataParallel(Parity())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        loader.sampler.set_epoch(epoch)
        for x, y in loader:
            loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        mean = mean_over_ranks(loss.item())
        if dist.get_rank() == 0:
            print(f"{socket.gethostname()} epoch {epoch}: {mean:.3f}")


def main():
    torch.manual_seed(0)
    loader = make_loader(make_data(), batch_size=12)  # <- culprit # -
    setup()  # -
    # mended: setup()
    # mended: loader = make_loader(make_data(), batch_size=12)
    train(loader, epochs=2)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
