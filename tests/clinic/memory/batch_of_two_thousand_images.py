# code: TW301
# numbers: 2048
# about: a batch of 2048 images gives activations that don't fit into the memory; a smaller batch does
import resource
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    image_size: int = 32
    width: int = 48
    batch_size: int = 2048  # <- culprit
    # mended: batch_size: int = 32
    max_steps: int = 2
    memory_mb: int = 300
    lr: float = 1e-3


def share_politely(megabytes):
    """This machine is shared: take no more than some memory on top of what is in use."""
    with open("/proc/self/status") as status:
        used_kb = next(int(line.split()[1]) for line in status if line.startswith("VmSize"))
    limit = used_kb * 1024 + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class Textures(Dataset):
    def __init__(self, size):
        self.size = size
        self.rows = torch.linspace(0, 9, size)

    def __len__(self):
        return 4096

    def __getitem__(self, i):
        return (self.rows[:, None] * (1 + i % 8) + self.rows).sin()[None], i % 8


def make_model(cfg):
    return nn.Sequential(
        nn.Conv2d(1, cfg.width, 3, padding=1),
        nn.BatchNorm2d(cfg.width),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(cfg.width, cfg.width, 3, padding=1, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(cfg.width, 8),
    )


def train(cfg):
    torch.manual_seed(0)
    share_politely(cfg.memory_mb)
    model = make_model(cfg)
    optimizer = torch.optim.SGD(model.parameters(), lr=cfg.lr, momentum=0.9)
    loader = DataLoader(Textures(cfg.image_size), batch_size=cfg.batch_size)
    for step, (images, labels) in enumerate(loader):
        if step == cfg.max_steps:
            break
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"step {step}: {loss.item():.3f}")


if __name__ == "__main__":
    train(Config())
