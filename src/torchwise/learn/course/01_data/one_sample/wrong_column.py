# message: mistake.column
"""A table of measurements as a data set."""

from torch import Tensor
from torch.utils.data import Dataset


class Table(Dataset):
    def __init__(self, inputs: Tensor, targets: Tensor) -> None:
        """inputs: (samples, features). targets: (samples,)."""
        self.inputs = inputs
        self.targets = targets

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.inputs[:, index], self.targets[index]


if __name__ == "__main__":
    import torch

    data = Table(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), torch.tensor([10, 20, 30]))
    print("samples:", data.__len__())
    print("sample 1:", data[1])
