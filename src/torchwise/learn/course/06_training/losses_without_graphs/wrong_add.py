# message: mistake.keeps_graph
"""A training that needs more memory with every batch."""

import torch
from torch import nn


def train_and_record(model: nn.Module, batches: list, optimizer: torch.optim.Optimizer) -> list:
    """Train on the batches; the loss of each, for a plot."""
    losses = []
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss + 0)
    return losses


if __name__ == "__main__":
    model = nn.Linear(2, 1)
    batches = [(torch.randn(4, 2), torch.randn(4, 1)) for _ in range(3)]
    print(train_and_record(model, batches, torch.optim.SGD(model.parameters(), lr=0.1)))
