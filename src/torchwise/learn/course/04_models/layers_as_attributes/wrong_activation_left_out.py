# message: mistake.no_activation
"""The same two layers as attributes of a class."""

import torch
from torch import nn


class Regressor(nn.Module):
    """From (batch, num_features) to (batch, 1)."""

    def __init__(self, num_features: int, num_hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(num_features, num_hidden)
        self.activation = nn.Sigmoid()
        self.output = nn.Linear(num_hidden, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.hidden(x))


if __name__ == "__main__":
    model = Regressor(10, 32)
    print(model)
    print(model(torch.zeros(4, 10)).shape)
