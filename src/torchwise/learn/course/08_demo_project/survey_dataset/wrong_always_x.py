# message: mistake.no_answer
"""The survey as a Dataset, with and without answers."""

import torch
from torch.utils.data import Dataset


class SurveyDataset(Dataset):
    """Rows of the survey. x: (rows, features); y: (rows,), or None for a table without answers."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor | None = None) -> None:
        self.x, self.y = x, y

    def __getitem__(self, index: int):
        """One row: x alone if there are no answers, else the pair x, y."""
        return self.x[index]

    def __len__(self) -> int:
        return len(self.x)


if __name__ == "__main__":
    print(SurveyDataset(torch.eye(3), torch.ones(3))[1], SurveyDataset(torch.eye(3))[1])
