"""Each gradient alone, kept apart from the next."""

import random

import torch

from torchwise.learn import grade


def graded(answer):
    for size in (2, 3, random.randrange(4, 7)):
        weight = torch.randn(size, requires_grad=True)
        targets = [torch.randn(size) for _ in range(3)]
        losses = [lambda w, target=target: ((w - target) ** 2).sum() for target in targets]
        expected = [2 * (weight.detach() - target) for target in targets]
        gradients = answer.gradient_of_each(weight, losses)
        called = "gradient_of_each(weight, losses)"
        if not isinstance(gradients, list | tuple):
            grade.equal(gradients, expected, called)
        grade.equal(len(gradients), 3, f"len({called})")
        shown = {"actual": gradients, "expected": expected, "given": {"weight": weight}}
        grade.require(all(gradient is not None for gradient in gradients), "no_gradient", called, **shown)
        is_same = gradients[0] is gradients[1]
        grade.require(not is_same or bool(gradients[0].any()), "emptied", called, **shown)
        grade.require(not is_same or is_last_only(gradients, expected), "added_up", called, **shown)
        grade.require(not is_same, "one_tensor", called, **shown)
        for index in range(3):
            grade.tensor(
                gradients[index], expected[index], f"{called}[{index}]", given={"weight": weight},
                mistakes={"added_up": sum(expected[: index + 1]), "values": losses[index](weight).detach()},
            )  # fmt: skip


def is_last_only(gradients, expected):
    """Whether the tensor holds the last gradient, and not all of them."""
    return torch.allclose(gradients[-1], expected[-1], atol=1e-4)
