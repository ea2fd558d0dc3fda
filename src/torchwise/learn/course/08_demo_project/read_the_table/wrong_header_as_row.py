# message: raised
"""From a CSV file to a tensor."""

import csv

import torch


def read_table(path: str) -> tuple[list[str], torch.Tensor]:
    """The names in the first line, and the numbers below them: (rows, columns), float32."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    return lines[0], torch.tensor([[float(cell) for cell in line] for line in lines])


if __name__ == "__main__":
    names, table = read_table("survey.csv")
    print(names[:3], "...", names[-1], table.shape)
