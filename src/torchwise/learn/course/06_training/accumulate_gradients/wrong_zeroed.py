# message: mistake.last_only
"""A large batch in small parts, for a GPU that is too small."""

import torch
from torch import nn


def large_step(model: nn.Module, parts: list, optimizer: torch.optim.Optimizer) -> None:
    """One step for all parts together, as if they were one batch. parts: pairs of inputs and targets of equal size."""
    optimizer.zero_grad()
    for inputs, targets in parts:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), targets) / len(parts)
        loss.backward()
    optimizer.step()


if __name__ == "__main__":
    model = nn.Linear(2, 1)
    parts = [(torch.randn(4, 2), torch.randn(4, 1)) for _ in range(3)]
    large_step(model, parts, torch.optim.SGD(model.parameters(), lr=0.1))
    print(model.weight)
