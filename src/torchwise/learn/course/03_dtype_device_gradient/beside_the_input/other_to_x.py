"""A tensor that is made while computing."""

import torch


def add_positions(x: torch.Tensor) -> torch.Tensor:
    """x: (batch, time), float32, on any device. To the number at time t, t is added."""
    positions = torch.arange(x.shape[1]).to(x)
    return x + positions


if __name__ == "__main__":
    print(add_positions(torch.zeros(2, 4)))
    print(add_positions(torch.zeros(2, 4, device="meta")))
