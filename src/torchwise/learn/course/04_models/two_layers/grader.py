"""Two layers that fit, and a sigmoid between them and nowhere else."""

import random

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for num_features, num_hidden in ((3, 4), (5, 2), (random.randrange(2, 7), 8)):
        called = f"build_regressor({num_features}, {num_hidden})"
        model = answer.build_regressor(num_features, num_hidden)
        if model is None or model is ...:
            grade.equal(model, "a model", called)
        grade.require(isinstance(model, nn.Module), "no_module", called, actual=model, expected="a module")
        shapes = [tuple(p.shape) for p in model.parameters()]
        right = [(num_hidden, num_features), (num_hidden,), (1, num_hidden), (1,)]
        grade.require(shapes == right, "sizes", called, actual=f"parameters {shapes}", expected=f"parameters {right}")
        parameters = [p.data.normal_() for p in model.parameters()]
        x = torch.randn(6, num_features)
        grade.tensor(model(x), between(x, parameters, torch.sigmoid).requires_grad_(), f"{called}(x)", mistakes={
            "no_activation": between(x, parameters, lambda hidden: hidden),
            "sigmoid_last": between(x, parameters, torch.sigmoid).sigmoid(),
            "only_last": between(x, parameters, lambda hidden: hidden).sigmoid(),
            "relu": between(x, parameters, torch.relu),
        })  # fmt: skip


def between(x, parameters, activation):
    """What the two layers give with that activation between them."""
    weight, bias, last_weight, last_bias = parameters
    return activation(x @ weight.T + bias) @ last_weight.T + last_bias
