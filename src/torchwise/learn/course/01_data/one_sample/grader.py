"""Each index gives its row and its target, and nothing more."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for samples, features in ((4, 2), (2, 5), (random.randrange(6, 12), 3)):
        inputs, targets = torch.randint(0, 100, (samples, features)).float(), torch.randint(100, 200, (samples,))
        data = answer.Table(inputs, targets)
        given = {"inputs": inputs, "targets": targets}
        lengths = {"features": features, "all_numbers": samples * features}
        grade.equal(data.__len__(), samples, "data.__len__()", given=given, mistakes=lengths)
        for index in (1, 0, samples - 1):
            expected = inputs[index], targets[index]
            mistakes = {
                "input_only": inputs[index],
                "whole": (inputs, targets),
                "slice": (inputs[index : index + 1], targets[index : index + 1]),
                "up_to": (inputs[:index], targets[:index]),
                "target_first": (targets[index], inputs[index]),
            }
            if index < features:
                mistakes["column"] = (inputs[:, index], targets[index])
            actual = as_tensors(data[index])
            grade.equal(actual, expected, f"data.__getitem__({index})", given=given, mistakes=mistakes)


def as_tensors(sample):
    """A pair is a pair, be it a list; a number may be a tensor or not: the DataLoader takes all of them."""
    if not isinstance(sample, tuple | list):
        return sample
    return tuple(torch.tensor(part) if isinstance(part, int | float) else part for part in sample)
