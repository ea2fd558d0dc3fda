"""The trained line is the one that the two lines give, for points that nobody knows before."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    x = torch.linspace(-1, 1, 20).unsqueeze(1)
    y = torch.randn(1) * x + torch.randn(1)
    right = trained(x, y, "bs")
    model = answer.train(x, y, 50)
    called = "train(inputs, targets, 50)"
    grade.require(isinstance(model, nn.Module), "no_model", called, actual=type(model).__name__, expected="nn.Linear")
    untouched = trained(x, y, "")
    learnt = f"weight {model.weight.item():.3f}, bias {model.bias.item():.3f}"
    best = f"weight {right.weight.item():.3f}, bias {right.bias.item():.3f}"
    if torch.equal(model.weight, untouched.weight):
        has_gradient = model.weight.grad is not None and bool(model.weight.grad.any())
        was_zeroed = model.weight.grad is None and "backward" in order_of(answer.train)
        mistake = "no_step" if has_gradient else "zeroed" if was_zeroed else "no_backward"
        if "step" in order_of(answer.train) and mistake == "no_step":
            mistake = "reversed"
        grade.require(False, mistake, called, actual=learnt, expected=best)
    grade.tensor(model.weight, right.weight, "train(inputs, targets, 50).weight", rtol=1e-3)
    grade.tensor(model.bias, right.bias, "train(inputs, targets, 50).bias", rtol=1e-3)


def order_of(function):
    """The names of the methods that the code mentions, in order."""
    return [name for name in function.__code__.co_names if name in ("backward", "step", "zero_grad")]


def trained(x, y, lines):
    """The same training with some of its lines: b for backward, s for step."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(50):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        for line in lines:
            loss.backward() if line == "b" else optimizer.step()
    return model
