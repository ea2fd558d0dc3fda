"""The mean keeps its fraction, whatever the ages."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for count in (3, 7, random.choice((4, 6, 11))):
        ages = [random.randrange(18, 80) for _ in range(count)]
        if sum(ages) % count == 0:
            ages[0] += 1  # so that there is a fraction to be lost
        total, expected = float(sum(ages)), sum(ages) / count
        grade.tensor(
            answer.mean_age(ages), torch.tensor(expected), f"mean_age({ages})",
            mistakes={"whole": torch.tensor(expected).floor(), "sum": torch.tensor(total)},
        )  # fmt: skip
