# message: mistake.end_to_end
"""A batch made by hand: what a DataLoader does without shuffling."""

import torch
from torch import Tensor
from torch.utils.data import Dataset


def make_batch(data: Dataset, indices: list[int]) -> tuple[Tensor, Tensor]:
    """The samples with these indices. Inputs: (batch, features). Targets: (batch,)."""
    samples = [data[index] for index in indices]
    inputs = torch.cat([sample for sample, _ in samples])
    targets = torch.stack([target for _, target in samples])
    return inputs, targets


if __name__ == "__main__":
    data = [(torch.tensor([2.0 * row, 2.0 * row + 1]), torch.tensor(10 * row)) for row in range(6)]
    print(make_batch(data, [5, 0, 2]))
