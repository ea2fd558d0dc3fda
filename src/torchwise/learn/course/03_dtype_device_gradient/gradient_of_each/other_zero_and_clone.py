"""Gradients add up."""

import torch


def gradient_of_each(weight: torch.Tensor, losses: list) -> list[torch.Tensor]:
    """weight: a leaf that requires a gradient. For each function in losses its own gradient at weight."""
    gradients = []
    for loss in losses:
        if weight.grad is not None:
            weight.grad.zero_()
        loss(weight).backward()
        gradients.append(weight.grad.clone())
    return gradients


if __name__ == "__main__":
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    print(gradient_of_each(weight, [lambda w: (w**2).sum(), lambda w: (3 * w).sum()]))
    print("should be [2, 4] and [3, 3]")
