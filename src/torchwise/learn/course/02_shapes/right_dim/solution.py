"""What a table of sales says, by day and by shop."""

import torch
from torch import Tensor


def total_per_day(sales: Tensor) -> Tensor:
    """sales: (days, shops). Gives (days,): what all shops sold on each day."""
    return sales.sum(dim=1)


def mean_per_shop(sales: Tensor) -> Tensor:
    """sales: (days, shops). Gives (shops,): what each shop sold on a day, on average."""
    return sales.mean(dim=0)


if __name__ == "__main__":
    sales = torch.tensor([[10.0, 20.0, 30.0], [11.0, 21.0, 31.0]])
    print("per day: ", total_per_day(sales))
    print("per shop:", mean_per_shop(sales))
