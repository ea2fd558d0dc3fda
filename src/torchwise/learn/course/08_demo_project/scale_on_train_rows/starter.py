"""All features on one scale, learnt from the train rows only."""

import torch


def scale(
    x_train: torch.Tensor, x_valid: torch.Tensor, x_test: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The three, with mean 0 and standard deviation 1 in each column of the train rows. (rows, features) each.

    A column that is the same in all train rows becomes 0 there; nothing may become inf or nan.
    """
    ...


if __name__ == "__main__":
    print(scale(torch.tensor([[1.0, 5.0], [3.0, 5.0]]), torch.tensor([[2.0, 5.0]]), torch.tensor([[4.0, 6.0]])))
