# message: mistake.only_first
"""As many layers as you like."""

import torch
from torch import nn


class Stack(nn.Module):
    """num_layers Linear layers from width to width, a ReLU after each."""

    def __init__(self, width: int, num_layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(num_layers)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.relu(layer(x))
            return x


if __name__ == "__main__":
    model = Stack(width=4, num_layers=3)
    print(model(torch.ones(2, 4)).shape)
    print(len(list(model.parameters())), "should be 6: three weights and three biases")
