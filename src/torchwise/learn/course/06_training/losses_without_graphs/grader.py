"""The recorded losses are those of the batches, and none of them has a graph."""

import copy

import torch
from torch import Tensor, nn

from torchwise.learn import grade


def graded(answer):
    model = nn.Linear(2, 1)
    batches = [(torch.randn(4, 2), torch.randn(4, 1)) for _ in range(5)]
    twin = copy.deepcopy(model)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    right = []
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(twin(inputs), targets)
        loss.backward()
        optimizer.step()
        right.append(loss.item())
    losses = answer.train_and_record(model, batches, torch.optim.SGD(model.parameters(), lr=0.1))
    called = "train_and_record(model, batches, optimizer)"
    kept = sum(isinstance(loss, Tensor) and loss.requires_grad for loss in losses)
    grade.require(not kept, "keeps_graph", called, actual=f"{kept} of {len(losses)} losses have a graph", expected="numbers")
    grade.require(len(losses) == len(right), "wrong_number", called, actual=losses, expected=[round(loss, 4) for loss in right])
    for number, (loss, expected) in enumerate(zip(losses, right, strict=True)):
        wrong = abs(float(loss) - expected) > 1e-4
        grade.require(not wrong, "other_losses", f"losses[{number}]", actual=float(loss), expected=expected)
