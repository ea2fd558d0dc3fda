# message: dtype
"""Tensors of numbers that lie in a list, in an array, or nowhere yet."""

import numpy as np
import torch
from torch import Tensor


def from_rows(rows: list[list[int]]) -> Tensor:
    """The numbers of a list of rows, as float32."""
    return torch.tensor(rows)


def from_array(array: np.ndarray) -> Tensor:
    """The numbers of a NumPy array, as float32."""
    return torch.from_numpy(array).float()


def all_ones(num_rows: int, num_columns: int) -> Tensor:
    """A table of ones, float32."""
    return torch.ones(num_rows, num_columns)


if __name__ == "__main__":
    print(from_rows([[1, 2, 3], [4, 5, 6]]))
    print(from_array(np.array([[0.5, 1.5], [2.5, 3.5]])))
    print(all_ones(2, 4))
