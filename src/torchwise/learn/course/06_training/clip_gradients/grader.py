"""The step is that of the clipped gradients."""

import copy

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for max_norm, factor in ((0.5, 100.0), (2.0, 0.01)):
        model = nn.Linear(2, 1)
        model.weight.grad, model.bias.grad = torch.randn(1, 2), torch.randn(1)
        inputs = torch.randn(3, 2) + 1
        after = {kind: stepped(model, inputs, factor, max_norm, kind) for kind in ("right", "not_clipped", "by_value", "not_zeroed")}
        before = model.weight.detach().clone()
        answer.clipped_step(model, factor * model(inputs).pow(2).mean(), torch.optim.SGD(model.parameters(), lr=1.0), max_norm)
        called = f"clipped_step(model, loss, optimizer, {max_norm})"
        weight = model.weight.detach()
        grade.require(not torch.equal(weight, before), "no_step", called, actual=weight, expected=after["right"])
        grade.tensor(
            weight, after["right"], f"model.weight after {called}", mistakes={name: weight for name, weight in after.items() if name != "right"}
        )


def stepped(model, inputs, factor, max_norm, kind):
    """The weight after a step, or after one with a mistake in it."""
    twin = copy.deepcopy(model)
    optimizer = torch.optim.SGD(twin.parameters(), lr=1.0)
    for parameter, own in zip(twin.parameters(), model.parameters(), strict=True):
        parameter.grad = own.grad.clone() if kind == "not_zeroed" else None
    (factor * twin(inputs).pow(2).mean()).backward()
    if kind == "by_value":
        nn.utils.clip_grad_value_(twin.parameters(), max_norm)
    elif kind != "not_clipped":
        nn.utils.clip_grad_norm_(twin.parameters(), max_norm)
    optimizer.step()
    return twin.weight.detach()
