# message: mistake.reshaped
"""Two matrices that don't fit."""

import torch


def scores(queries: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
    """How well each query fits each item: the sum of products. queries: (Q, F); items: (I, F). Gives (Q, I)."""
    return queries @ items.reshape(items.shape[1], items.shape[0])


if __name__ == "__main__":
    print(scores(torch.randn(4, 5), torch.randn(3, 5)).shape)
