"""After training every parameter has changed, and the loss is small."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    inputs = torch.rand(64, 2)
    targets = inputs @ torch.tensor([[2.0], [-3.0]]) + torch.rand(1)
    start = answer.train(inputs, targets, 0).state_dict()
    model = answer.train(inputs, targets, 60)
    end = model.state_dict()
    changed = sum(not torch.equal(start[name], end[name]) for name in start)
    grade.equal(tuple(model(inputs).shape), (64, 1), "train(inputs, targets, 60)(inputs).shape")
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(inputs), targets).item()
    called = "train(inputs, targets, 60)"
    shown = {"actual": f"{changed} of {len(start)} parameters changed, loss {loss:.4f}", "expected": "all of them, loss below 0.3"}
    grade.require(changed, "nothing_learnt", called, **shown)
    grade.require(changed == len(start), "part_only", called, **shown)
    grade.require(loss < 0.3, "too_little", called, **shown)
