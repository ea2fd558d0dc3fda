"""By hand as autograd finds it, for lines through any number of points."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for count in (3, 5, random.randrange(6, 10)):
        inputs, targets = torch.randn(count) + 1, torch.randn(count)
        weight, bias = torch.randn((), requires_grad=True), torch.randn((), requires_grad=True)
        ((weight * inputs + bias - targets) ** 2).mean().backward()
        called = "line_gradients(inputs, targets, weight, bias)"
        found = answer.line_gradients(inputs, targets, weight.detach(), bias.detach())
        if not isinstance(found, tuple | list) or len(found) != 2:
            grade.equal(found, (weight.grad, bias.grad), called)
        gaps = (weight * inputs + bias - targets).detach()
        given = {"inputs": inputs, "targets": targets, "weight": weight, "bias": bias}
        at_weight, at_bias = weight.grad, bias.grad
        grade.tensor(
            found[0], at_weight, f"{called}[0], at weight,", given=given,
            mistakes={
                "no_two": at_weight / 2, "swapped" if is_close(found[1], at_weight) else "no_inputs": at_bias,
                "means_multiplied": 2 * gaps.mean() * inputs.mean(),
            },
        )  # fmt: skip
        grade.tensor(
            found[1], at_bias, f"{called}[1], at bias,", given=given,
            mistakes={"no_two": at_bias / 2, "inputs_at_bias": at_weight},
        )  # fmt: skip


def is_close(value, expected):
    return isinstance(value, torch.Tensor) and value.shape == expected.shape and torch.allclose(value, expected)
