"""The same numbers in the same places, as float32."""

import random

import numpy as np
import torch

from torchwise.learn import grade


def graded(answer):
    for rows, columns in ((2, 3), (1, 1), (random.randrange(4, 7), 2)):
        whole = torch.randint(0, 100, (rows, columns))
        listed, expected = whole.tolist(), whole.float()
        grade.tensor(
            answer.from_rows(listed), expected, f"from_rows({listed})", mistakes={"flat": expected.flatten()}
        )
    for shape in ((2, 3), (4,), (2, 2, random.randrange(1, 5))):
        array = np.random.randint(-9, 10, shape) + np.random.choice([0.25, 0.5], shape)
        expected = torch.tensor(array.tolist())
        grade.tensor(
            answer.from_array(array), expected, "from_array(array)", given={"array": array},
            mistakes={"fractions_lost": expected.trunc(), "flat": expected.flatten()},
        )  # fmt: skip
    for rows, columns in ((2, 4), (3, 1), (random.randrange(5, 8), 3)):
        mistakes = {
            "sizes_as_numbers": torch.tensor([rows, columns]),
            "one_dimension": torch.ones(rows * columns),
            "zeros": torch.zeros(rows, columns),
        }
        grade.tensor(
            answer.all_ones(rows, columns), torch.ones(rows, columns), f"all_ones({rows}, {columns})", mistakes=mistakes
        )
