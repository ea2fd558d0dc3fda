"""What a tensor may hold, told by its shape."""

import torch
from torch import Tensor


def which_kind(x: Tensor) -> str:
    """'audio' (time,), 'grey' (height, width), 'rgb' (3, height, width), or 'unknown'."""
    if x.dim() == 1:
        return "audio"
    if x.dim() == 2:
        return "grey"
    return "rgb" if x.ndim == 3 and x.size(0) == 3 else "unknown"


if __name__ == "__main__":
    print(which_kind(torch.zeros(16000)))
    print(which_kind(torch.zeros(28, 28)))
    print(which_kind(torch.zeros(3, 32, 32)))
    print(which_kind(torch.zeros(8, 3, 32, 32)))
