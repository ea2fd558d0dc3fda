"""Whole numbers, so that a picture of them is the same everywhere."""

import torch

from torchwise.learn import grade


def graded(answer):
    """Two vectors."""
    for values in (torch.tensor([1.0, 2.0, 3.0]), torch.randn(4)):
        grade.tensor(
            answer.double(values),
            2 * values,
            "double(values)",
            given={"values": values},
            mistakes={"squared": values**2},
        )
