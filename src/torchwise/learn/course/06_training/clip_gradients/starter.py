"""Gradients that are not allowed to explode."""

import torch
from torch import nn


def clipped_step(
    model: nn.Module, loss: torch.Tensor, optimizer: torch.optim.Optimizer, max_norm: float
) -> None:
    """One step with the gradients' norm limited to max_norm (torch.nn.utils.clip_grad_norm_)."""
    ...


if __name__ == "__main__":
    model = nn.Linear(2, 1)
    loss = 1000 * model(torch.ones(1, 2)).pow(2).sum()
    clipped_step(model, loss, torch.optim.SGD(model.parameters(), lr=1.0), max_norm=1.0)
    print(model.weight)
