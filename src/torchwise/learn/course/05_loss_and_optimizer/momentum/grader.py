"""Step by step the same as torch.optim.SGD(momentum=...)."""

import torch

from torchwise.learn import grade


def graded(answer):
    for lr, momentum in ((0.1, 0.9), (0.5, 0.5)):
        start = torch.randn(3)
        gradients = [torch.randn(3) for _ in range(4)]
        called = f"momentum_steps(start, gradients, lr={lr}, momentum={momentum})"
        right = walked(start, gradients, lr, momentum)
        grade.tensor(
            answer.momentum_steps(start, gradients, lr, momentum), right, called, given={"start": start},
            mistakes={
                "plain": walked(start, gradients, lr, 0.0),
                "averaged": walked(start, [(1 - momentum) * gradient for gradient in gradients], lr, momentum),
                "late": walked(start, [torch.zeros(3), *gradients[:-1]], lr, momentum),
                "uphill": 2 * start - right,
            },
        )  # fmt: skip


def walked(start, gradients, lr, momentum):
    """Where torch's own optimizer ends."""
    parameter = start.clone().requires_grad_()
    optimizer = torch.optim.SGD([parameter], lr=lr, momentum=momentum)
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
    return parameter.detach()
