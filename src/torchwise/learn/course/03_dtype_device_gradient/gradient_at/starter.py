"""The gradient of any function, at any place."""

import torch


def gradient_at(function, numbers: list) -> torch.Tensor:
    """numbers: whole ones, in lists. function makes one number of a tensor. The gradient, in the numbers' shape."""
    x = torch.tensor(numbers, requires_grad=True)
    ...


def sum_of_squares(x):
    return (x**2).sum()


if __name__ == "__main__":
    print(gradient_at(sum_of_squares, [[1, 2], [3, 4]]))
