# message: mistake.no_shift
"""A layer of your own."""

import torch
from torch import nn


class ScaleAndShift(nn.Module):
    """Each feature times its scale plus its shift. Both are learnt; the scales begin with 1, the shifts with 0."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(num_features))
        self.shift = nn.Parameter(torch.zeros(num_features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (batch, num_features)."""
        return x * self.scale


if __name__ == "__main__":
    layer = ScaleAndShift(3)
    print(layer(torch.ones(2, 3)))
    print([name for name, _ in layer.named_parameters()], "should be ['scale', 'shift']")
