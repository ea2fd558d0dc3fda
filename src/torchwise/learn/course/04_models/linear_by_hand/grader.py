"""The same as nn.Linear, for one sample, a batch, and more dimensions."""

import random

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    out_features = random.choice((2, 5))
    for inside, outside in ((3, 3), (4, out_features)):
        layer = nn.Linear(inside, outside)
        for leading in ((2,), (2, 3), (1, 3, 2), ()):
            x = torch.randn(*leading, inside)
            expected = layer(x)
            mistakes = {"no_bias": expected - layer.bias, "bias_subtracted": expected - 2 * layer.bias}
            if len(leading) > 1:
                mistakes["flattened"] = expected.reshape(-1, outside)
            if inside == outside:
                mistakes |= {
                    "not_transposed": x @ layer.weight + layer.bias,
                    "element_wise": x * layer.weight[0] + layer.bias,
                }
            grade.tensor(
                answer.linear(x, layer.weight, layer.bias), expected, "linear(x, weight, bias)",
                given={"x": x, "weight": layer.weight, "bias": layer.bias}, mistakes=mistakes,
            )  # fmt: skip
