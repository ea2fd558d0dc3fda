"""A module whose layers are registered, and that computes what the program is meant to."""

import random

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for num_features, num_hidden in ((3, 4), (random.randrange(4, 7), 2)):
        called = f"Regressor({num_features}, {num_hidden})"
        model = answer.Regressor(num_features, num_hidden)
        tuples = [name for name, value in vars(model).items() if isinstance(value, tuple)]
        grade.require(not tuples, "still_tuple", called, actual=f"tuples: {', '.join(tuples)}")
        named = {tuple(p.shape): p for p in model.parameters()}
        right = [(num_hidden, num_features), (num_hidden,), (1, num_hidden), (1,)]
        grade.require(
            sorted(named) == sorted(right), "not_registered", called,
            actual=f"parameters {list(named)}", expected=f"parameters {right}",
        )  # fmt: skip
        weight, bias, last_weight, last_bias = (named[shape].data.normal_() for shape in right)
        x = torch.randn(5, num_features)
        hidden = x @ weight.T + bias
        expected = (hidden.sigmoid() @ last_weight.T + last_bias).requires_grad_()
        grade.tensor(
            model(x), expected, f"{called}.forward(x)",
            mistakes={"no_activation": hidden @ last_weight.T + last_bias},
        )  # fmt: skip
