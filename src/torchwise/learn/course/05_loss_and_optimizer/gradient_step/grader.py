"""All parameters with a gradient go down by lr times the gradient, in place."""

import torch

from torchwise.learn import grade


def graded(answer):
    for lr in (0.1, 0.5):
        parameters = [torch.randn(2, 3, requires_grad=True), torch.randn(3, requires_grad=True), torch.ones(2, requires_grad=True)]
        for parameter in parameters[:2]:
            parameter.grad = torch.randn_like(parameter)
        before = [parameter.detach().clone() for parameter in parameters]
        gradients = [parameter.grad.clone() for parameter in parameters[:2]]
        answer.sgd_step(parameters, lr)
        after = [parameter.detach() for parameter in parameters]
        changed = [not torch.equal(one, other) for one, other in zip(after, before, strict=True)][:2]
        called = f"sgd_step(parameters, lr={lr})"
        shown = {"actual": after[1], "expected": before[1] - lr * gradients[1], "given": {"parameter": before[1], "parameter.grad": gradients[1]}}
        grade.require(any(changed), "not_in_place", called, **shown)
        grade.require(all(changed), "not_all", called, **shown)
        for index in (0, 1):
            grade.tensor(
                after[index], before[index] - lr * gradients[index], f"parameters[{index}] after {called}",
                given={"before": before[index], "gradient": gradients[index]},
                mistakes={"uphill": before[index] + lr * gradients[index], "without_lr": before[index] - gradients[index]},
            )  # fmt: skip
        grade.tensor(after[2], before[2], f"parameters[2], which has no gradient, after {called}")
