"""Two layers with an activation between them."""

import torch
from torch import nn


def build_regressor(num_features: int, num_hidden: int) -> nn.Module:
    """From (batch, num_features) to (batch, 1)."""
    model = nn.Sequential()
    model.append(nn.Linear(num_features, num_hidden))
    model.append(nn.Sigmoid())
    model.append(nn.Linear(num_hidden, 1))
    return model


if __name__ == "__main__":
    model = build_regressor(10, 32)
    print(model)
    print(model(torch.zeros(4, 10)).shape)
