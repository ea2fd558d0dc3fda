# message: raised
"""A classifier that doesn't train: the labels are of the wrong kind."""

import torch
from torch import nn


def first_loss(model: nn.Module, inputs: torch.Tensor, labels: list[int]) -> torch.Tensor:
    """The cross-entropy of a batch. inputs: (batch, features); labels: one class number for each sample."""
    targets = torch.tensor(labels, dtype=torch.int16)
    return nn.CrossEntropyLoss()(model(inputs), targets)


if __name__ == "__main__":
    print(first_loss(nn.Linear(4, 3), torch.randn(2, 4), [2, 0]))
