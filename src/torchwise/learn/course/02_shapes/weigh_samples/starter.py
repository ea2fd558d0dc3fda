"""Some samples count more than others."""

import torch
from torch import Tensor


def weigh(samples: Tensor, weights: Tensor) -> Tensor:
    """samples: (batch, features). weights: (batch,), one for each sample. Gives (batch, features)."""
    ...


if __name__ == "__main__":
    samples = torch.ones(3, 3)
    weights = torch.tensor([1.0, 10.0, 100.0])
    print(weigh(samples, weights))
