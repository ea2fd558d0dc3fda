# message: mistake.not_all
"""What optimizer.step() does, for plain SGD."""

import torch


def sgd_step(parameters: list[torch.Tensor], lr: float) -> None:
    """Change the parameters in place by one step of gradient descent. Each has its gradient in .grad, or None."""
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter -= lr * parameter.grad
                return


if __name__ == "__main__":
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    (weight**2).sum().backward()
    sgd_step([weight], lr=0.1)
    print(weight)
