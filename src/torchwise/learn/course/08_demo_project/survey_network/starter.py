"""The network of the project."""

import torch
from torch import nn


class Network(nn.Module):
    """From (batch, features) to one number for each row: (batch,). Linear to 64, ReLU, to 32, ReLU, to 1."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.layers = ...

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        ...


if __name__ == "__main__":
    print(Network(116)(torch.randn(4, 116)).shape)
