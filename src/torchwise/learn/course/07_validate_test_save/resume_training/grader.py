"""Three steps, a stop, and three more give the same weights as six steps."""

import tempfile
from pathlib import Path

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for kind in (torch.optim.Adam, Momentum):
        torch.manual_seed(1)
        inputs, targets = torch.randn(8, 2), torch.randn(8, 1)
        start = nn.Linear(2, 1).state_dict()
        model, optimizer = fresh(kind, start)
        train(model, optimizer, inputs, targets)
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "checkpoint.pt")
            epoch = int(torch.randint(1, 90, ()))
            answer.save_checkpoint(model, optimizer, epoch, path)
            train(model, optimizer, inputs, targets)
            right = model.weight.detach()
            model, optimizer = fresh(kind, {name: torch.zeros_like(value) for name, value in start.items()})
            number = answer.load_checkpoint(model, optimizer, path)
        grade.equal(number, epoch, "load_checkpoint(model, optimizer, path)")
        has_state = bool(optimizer.state_dict()["state"])
        called = f"the weight after stopping and going on, with {kind.__name__}"
        train(model, optimizer, inputs, targets)
        weight = model.weight.detach()
        grade.require(torch.allclose(weight, right) or has_state, "optimizer_forgotten", called, actual=weight, expected=right)
        grade.tensor(weight, right, called)


class Momentum(torch.optim.SGD):
    """SGD with momentum."""

    def __init__(self, parameters):
        super().__init__(parameters, lr=0.1, momentum=0.9)


def fresh(kind, state):
    """A new model with that state, and a new optimizer."""
    model = nn.Linear(2, 1)
    model.load_state_dict(state)
    return model, kind(model.parameters())


def train(model, optimizer, inputs, targets):
    """Three steps."""
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
