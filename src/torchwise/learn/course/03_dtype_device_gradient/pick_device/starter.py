"""A program that runs with a GPU and without one."""

import torch


def pick_device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    return torch.device("cuda")


if __name__ == "__main__":
    device = pick_device()
    print(device, torch.zeros(2, 3).to(device).device)
