"""The step is that of one large batch."""

import copy

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for num_parts, size in ((3, 4), (2, 6)):
        model = nn.Linear(2, 1)
        parts = [(torch.randn(size, 2), torch.randn(size, 1)) for _ in range(num_parts)]
        right = stepped(model, [(torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts]))], 1)
        wrong = {
            "not_divided": stepped(model, parts, 1), "last_only": stepped(model, parts[-1:], num_parts),
            "divided_by_samples": stepped(model, parts, size), "small_steps": stepped(model, parts, num_parts, every=True),
        }  # fmt: skip
        for parameter in model.parameters():  # gradients of a step before, which must not be added
            parameter.grad = torch.ones_like(parameter)
        answer.large_step(model, parts, torch.optim.SGD(model.parameters(), lr=0.1))
        called = f"model.weight after large_step with {num_parts} parts"
        grade.tensor(model.weight.detach(), right, called, mistakes=wrong)


def stepped(model, parts, divisor, every=False):
    """The weight after the gradients of the parts, each divided, are summed up."""
    twin = copy.deepcopy(model)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    for inputs, targets in parts:
        (nn.functional.mse_loss(twin(inputs), targets) / divisor).backward()
        if every:
            optimizer.step()
    optimizer.step()
    return twin.weight.detach()
