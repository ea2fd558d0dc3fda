# message: mistake.all_ones
"""The outputs of a model, one number for each sample, in the shape of the targets."""

import torch
from torch import Tensor, nn


def predictions(outputs: Tensor) -> Tensor:
    """outputs: (batch, 1). Gives (batch,)."""
    return outputs.squeeze()


if __name__ == "__main__":
    model = nn.Linear(3, 1)
    print(predictions(model(torch.ones(4, 3))))
    print(predictions(model(torch.ones(1, 3))))
