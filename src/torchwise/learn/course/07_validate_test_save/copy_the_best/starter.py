"""Keep the best weights of a training."""

from collections.abc import Callable

import torch
from torch import nn


def fit(model: nn.Module, num_epochs: int, train_epoch: Callable, validate: Callable) -> nn.Module:
    """Train, and give the model with the weights of the epoch with the lowest valid loss.

    train_epoch(model) changes the weights in place; validate(model) gives a number.
    """
    best_loss = float("inf")
    best_state = None
    for _ in range(num_epochs):
        train_epoch(model)
        loss = validate(model)
        if loss < best_loss:
            best_loss = loss
            best_state = model.state_dict()
    model.load_state_dict(best_state)
    return model


if __name__ == "__main__":
    losses = iter([3.0, 1.0, 2.0])

    def train_epoch(model):
        with torch.no_grad():
            model.weight += 1

    model = nn.Linear(1, 1)
    with torch.no_grad():
        model.weight.fill_(0)
    print(fit(model, 3, train_epoch, lambda model: next(losses)).weight, "(2 is right: the second epoch)")
