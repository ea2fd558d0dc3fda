# message: mistake.any_channels
"""What a tensor may hold, told by its shape."""

import torch
from torch import Tensor


def which_kind(x: Tensor) -> str:
    """'audio' (time,), 'grey' (height, width), 'rgb' (3, height, width), or 'unknown'."""
    shape = x.shape
    if len(shape) == 1:
        return "audio"
    if len(shape) == 2:
        return "grey"
    if len(shape) == 3:
        return "rgb"
    return "unknown"


if __name__ == "__main__":
    print(which_kind(torch.zeros(16000)))
    print(which_kind(torch.zeros(28, 28)))
    print(which_kind(torch.zeros(3, 32, 32)))
    print(which_kind(torch.zeros(8, 3, 32, 32)))
