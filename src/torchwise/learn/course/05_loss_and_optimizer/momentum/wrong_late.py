# message: mistake.late
"""SGD that keeps going: momentum."""

import torch


def momentum_steps(start: torch.Tensor, gradients: list[torch.Tensor], lr: float, momentum: float) -> torch.Tensor:
    """Where a parameter is after one step for each gradient, as torch.optim.SGD with momentum does it."""
    parameter = start.clone()
    velocity = torch.zeros_like(start)
    for gradient in gradients:
        parameter = parameter - lr * velocity
        velocity = momentum * velocity + gradient
    return parameter


if __name__ == "__main__":
    print(momentum_steps(torch.zeros(1), [torch.ones(1)] * 4, lr=0.1, momentum=0.9))
