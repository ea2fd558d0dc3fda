# message: mistake.not_registered
"""The same two layers as attributes of a class."""

import torch
from torch import nn


class Regressor(nn.Module):
    """From (batch, num_features) to (batch, 1)."""

    def __init__(self, num_features: int, num_hidden: int) -> None:
        super().__init__()
        self.num_hidden = num_hidden
        self.output = nn.Linear(num_hidden, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.Linear(x.shape[1], self.num_hidden)
        return self.output(torch.sigmoid(hidden(x)))


if __name__ == "__main__":
    model = Regressor(10, 32)
    print(model)
    print(model(torch.zeros(4, 10)).shape)
