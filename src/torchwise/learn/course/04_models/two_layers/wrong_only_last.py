# message: mistake.only_last
"""Two layers with an activation between them."""

import torch
from torch import nn


def build_regressor(num_features: int, num_hidden: int) -> nn.Module:
    """From (batch, num_features) to (batch, 1)."""
    return nn.Sequential(nn.Linear(num_features, num_hidden), nn.Linear(num_hidden, 1), nn.Sigmoid())


if __name__ == "__main__":
    model = build_regressor(10, 32)
    print(model)
    print(model(torch.zeros(4, 10)).shape)
