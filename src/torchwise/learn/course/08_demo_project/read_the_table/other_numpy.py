"""From a CSV file to a tensor."""

import csv

import torch


def read_table(path: str) -> tuple[list[str], torch.Tensor]:
    """The names in the first line, and the numbers below them: (rows, columns), float32."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    import numpy as np

    header, *rows = lines
    return header, torch.from_numpy(np.array(rows, dtype=np.float32))


if __name__ == "__main__":
    names, table = read_table("survey.csv")
    print(names[:3], "...", names[-1], table.shape)
