"""Recordings joined in two ways: one behind the other, or one below the other."""

import torch
from torch import Tensor


def one_recording(pieces: list[Tensor]) -> Tensor:
    """pieces: each (channels, time), of any time. Gives (channels, all times together)."""
    return torch.hstack(pieces)


def batch_of(recordings: list[Tensor]) -> Tensor:
    """recordings: each (channels, time), all alike. Gives (batch, channels, time)."""
    return torch.stack(tuple(recordings), 0)


if __name__ == "__main__":
    first, second = torch.zeros(2, 3), torch.ones(2, 3)
    print(one_recording([first, second]))
    print(batch_of([first, second]))
