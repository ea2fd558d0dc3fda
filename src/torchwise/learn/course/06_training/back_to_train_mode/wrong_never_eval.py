# message: mistake.validates_in_train_mode
"""After the first validation the model stays in eval mode."""

from collections.abc import Callable

from torch import nn


def fit(model: nn.Module, num_epochs: int, train_epoch: Callable, validate: Callable) -> None:
    """Train and validate in turns. train_epoch(model) and validate(model) do the work and leave the mode alone."""
    for _ in range(num_epochs):
        model.train()
        train_epoch(model)
        validate(model)


if __name__ == "__main__":
    fit(nn.Dropout(), 3, lambda model: print("train, training =", model.training),
        lambda model: print("valid, training =", model.training))
