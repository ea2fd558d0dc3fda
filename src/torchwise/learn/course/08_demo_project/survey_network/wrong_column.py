# message: shape.extra_dim
"""The network of the project."""

import torch
from torch import nn


class Network(nn.Module):
    """From (batch, features) to one number for each row: (batch,). Linear to 64, ReLU, to 32, ReLU, to 1."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(num_features, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


if __name__ == "__main__":
    print(Network(116)(torch.randn(4, 116)).shape)
