# message: requires_grad.cut
"""A loss that learns the wrong thing, and only warns."""

import torch
from torch import nn


def regression_loss(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """inputs: (batch, features); targets: (batch,). The model gives (batch, 1)."""
    outputs = model(inputs)
    return ((outputs.squeeze(1).detach() - targets) ** 2).mean()


if __name__ == "__main__":
    model, inputs = nn.Linear(3, 1), torch.randn(4, 3)
    print(regression_loss(model, inputs, torch.randn(4)))
