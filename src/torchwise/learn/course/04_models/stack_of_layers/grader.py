"""As many layers as asked for, all registered, each with weights of its own, called one after the other."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for width, num_layers in ((4, 3), (3, random.randrange(4, 6))):
        called = f"Stack({width}, {num_layers})"
        model = answer.Stack(width, num_layers)
        parameters = list(model.parameters())
        shown = {"actual": f"{len(parameters)} parameter tensors", "expected": f"{2 * num_layers} parameter tensors"}
        grade.require(parameters, "plain_list", called, **shown)
        grade.require(len(parameters) != 2, "one_layer", called, **shown)
        grade.require(len(parameters) == 2 * num_layers, "count", called, **shown)
        layers = [(w.data, b.data.uniform_(-0.5, 1)) for w, b in zip(parameters[::2], parameters[1::2], strict=True)]
        x = torch.randn(16, width)
        outputs = [x]
        for weight, bias in layers:
            outputs.append((outputs[-1] @ weight.T + bias).relu())
        straight = x
        for weight, bias in layers:
            straight = straight @ weight.T + bias
        weight, bias = layers[-1]
        grade.tensor(model(x), outputs[-1].requires_grad_(), f"{called}.forward(x)", given={"x": x}, mistakes={
            "no_relu": straight,
            "last_without": outputs[-2] @ weight.T + bias,
            "only_last": (x @ weight.T + bias).relu(),
            "only_first": outputs[1],
        })  # fmt: skip
