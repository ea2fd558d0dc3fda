"""What nn.Linear computes."""

import torch
from torch import nn


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """x: (..., in_features), any dimensions before; weight: (out_features, in_features); bias: (out_features,)."""
    ...


if __name__ == "__main__":
    layer, x = nn.Linear(3, 2), torch.ones(4, 3)
    print("nn.Linear:", layer(x)[0])
    print("by hand:  ", linear(x, layer.weight, layer.bias))
