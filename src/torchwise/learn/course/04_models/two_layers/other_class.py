"""Two layers with an activation between them."""

import torch
from torch import nn


class Regressor(nn.Module):
    def __init__(self, num_features, num_hidden):
        super().__init__()
        self.hidden = nn.Linear(num_features, num_hidden)
        self.output = nn.Linear(num_hidden, 1)

    def forward(self, x):
        return self.output(torch.sigmoid(self.hidden(x)))


def build_regressor(num_features: int, num_hidden: int) -> nn.Module:
    """From (batch, num_features) to (batch, 1)."""
    return Regressor(num_features, num_hidden)


if __name__ == "__main__":
    model = build_regressor(10, 32)
    print(model)
    print(model(torch.zeros(4, 10)).shape)
