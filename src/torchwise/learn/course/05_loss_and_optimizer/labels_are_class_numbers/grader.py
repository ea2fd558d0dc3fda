"""Whole numbers from 0, by the list of classes that is given."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for _ in range(3):
        classes = random.sample(["ant", "bear", "cat", "dog", "eel", "fox"], 5)
        names = [*random.choices(classes[1:], k=5), classes[4]]  # the first class doesn't occur
        numbers = [classes.index(name) for name in names]
        order = sorted(set(names))
        grade.tensor(
            answer.labels_of(names, classes), torch.tensor(numbers), f"labels_of({names}, {classes})",
            mistakes={
                "from_one": torch.tensor(numbers) + 1,
                "own_numbers": torch.tensor([order.index(name) for name in names]),
            },
        )  # fmt: skip
