"""The order in which an epoch asks for the samples."""

import random

import torch


def epoch_order(num_samples: int, shuffle: bool) -> list[int]:
    """Every index once: 0, 1, 2, ... or in a random order."""
    if shuffle:
        return torch.randperm(num_samples).tolist()
    return list(range(num_samples))


if __name__ == "__main__":
    print("in order:", epoch_order(8, shuffle=False))
    print("shuffled:", epoch_order(8, shuffle=True))
    print("and again:", epoch_order(8, shuffle=True))
