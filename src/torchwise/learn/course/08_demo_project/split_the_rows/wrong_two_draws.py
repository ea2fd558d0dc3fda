# message: mistake.in_both
"""Train and valid rows."""

import torch


def split(num_rows: int, valid_fraction: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Two int64 tensors of row numbers: train, valid. Together every row once; the same again for the same seed.

    valid has int(num_rows * valid_fraction) rows, chosen by chance.
    """
    generator = torch.Generator().manual_seed(seed)
    num_valid = int(num_rows * valid_fraction)
    return torch.randperm(num_rows, generator=generator)[num_valid:], torch.randperm(num_rows, generator=generator)[:num_valid]


if __name__ == "__main__":
    print(split(10, 0.3, seed=0))
