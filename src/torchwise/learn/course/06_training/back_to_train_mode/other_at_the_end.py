"""After the first validation the model stays in eval mode."""

from collections.abc import Callable

from torch import nn


def fit(model: nn.Module, num_epochs: int, train_epoch: Callable, validate: Callable) -> None:
    """Train and validate in turns. train_epoch(model) and validate(model) do the work and leave the mode alone."""
    model.train()
    for _ in range(num_epochs):
        train_epoch(model)
        model.eval()
        validate(model)
        model.train()


if __name__ == "__main__":
    fit(nn.Dropout(), 3, lambda model: print("train, training =", model.training),
        lambda model: print("valid, training =", model.training))
