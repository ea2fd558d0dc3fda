"""Train and valid rows."""

import torch


def split(num_rows: int, valid_fraction: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two int64 tensors of row numbers: train, valid. Together every row once; the same again for the same seed.

    valid has int(num_rows * valid_fraction) rows, chosen by chance.
    """
    ...


if __name__ == "__main__":
    print(split(10, 0.3, seed=0))
