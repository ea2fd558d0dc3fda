# message: mistake.absolute
"""The loss of a regression, by hand."""

import torch


def mean_squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """One number without dimensions, as nn.MSELoss gives it, with its gradient. outputs, targets: (batch,)."""
    return (outputs - targets).abs().mean()


if __name__ == "__main__":
    outputs, targets = torch.tensor([1.0, 2.0, 5.0]), torch.tensor([1.0, 4.0, 2.0])
    print(mean_squared_error(outputs, targets), torch.nn.MSELoss()(outputs, targets))
