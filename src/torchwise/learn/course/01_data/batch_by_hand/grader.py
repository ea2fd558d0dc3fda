"""The samples that were asked for, in that order, one below the other."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for size, features in ((3, 2), (4, 3), (5, 1), (2, random.randrange(3, 6))):
        inputs, targets = torch.randint(0, 100, (7, features)).float(), torch.randint(100, 200, (7,))
        data = list(zip(inputs, targets, strict=True))
        indices = [6, *random.sample(range(6), size - 1)]
        called, given = f"make_batch(data, {indices})", {"data.inputs": inputs, "data.targets": targets}
        actual = answer.make_batch(data, indices)
        x, y = inputs[indices], targets[indices]
        mistakes = {"pairs": [data[index] for index in indices], "no_targets": x}
        if not isinstance(actual, tuple | list) or len(actual) != 2 or isinstance(actual[0], tuple):
            grade.equal(actual, (x, y), called, given=given, mistakes=mistakes)
        first, ascending = list(range(size)), sorted(indices)
        mistakes = {"end_to_end": x.flatten(), "first_ones": inputs[first], "sorted": inputs[ascending], "beside": x.T}
        grade.tensor(actual[0], x, f"{called}[0]", given=given, mistakes=mistakes)
        mistakes = {"first_ones": targets[first], "sorted": targets[ascending]}
        grade.tensor(actual[1], y, f"{called}[1]", given=given, mistakes=mistakes)
