"""As many layers as you like."""

import torch
from torch import nn


class Stack(nn.Module):
    """num_layers Linear layers from width to width, a ReLU after each."""

    def __init__(self, width: int, num_layers: int) -> None:
        super().__init__()
        self.num_layers = num_layers
        for index in range(num_layers):
            self.add_module(f"layer{index}", nn.Linear(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for index in range(self.num_layers):
            x = getattr(self, f"layer{index}")(x).relu()
        return x


if __name__ == "__main__":
    model = Stack(width=4, num_layers=3)
    print(model(torch.ones(2, 4)).shape)
    print(len(list(model.parameters())), "should be 6: three weights and three biases")
