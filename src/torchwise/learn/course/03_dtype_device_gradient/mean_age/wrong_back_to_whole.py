# message: mistake.whole
"""The mean of whole numbers."""

import torch


def mean_age(ages: list[int]) -> torch.Tensor:
    """The mean of the ages: one number, float32."""
    return torch.tensor(ages).float().mean().long()


if __name__ == "__main__":
    print(mean_age([20, 21, 24]))
