"""Each row is multiplied by its weight; the first samples are as many as their features, so that a mix-up raises nothing."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for size, features in ((3, 3), (2, 4), (random.randrange(4, 7), 1)):
        samples, weights = torch.randint(1, 10, (size, features)).float(), torch.randperm(9)[:size] + 2.0
        column = weights.unsqueeze(1)
        expected = samples * column
        mistakes = {"summed": weights @ samples, "added": samples + column, "summed_up": expected.sum(dim=1)}
        mistakes["unchanged"] = samples
        if size == features:
            mistakes["columns_weighed"] = samples * weights
        given = {"samples": samples, "weights": weights}
        used = samples.clone()
        grade.tensor(answer.weigh(used, weights), expected, "weigh(samples, weights)", given=given, mistakes=mistakes)
        is_same = torch.equal(used, samples)
        called = "samples, after weigh(samples, weights),"
        grade.require(is_same, "input_changed", called, actual=used, expected=samples, given=given)
