"""The valid loss of the network beside that of the day before, on the real survey."""

import math

import torch
from torch import nn

from torchwise.learn import grade
from torchwise.learn.survey import survey


def graded(answer):
    names, numbers = survey()
    table = torch.from_numpy(numbers).float()
    table = table[torch.randperm(len(table))]
    x, y, yesterday = table[:, 1:-1], table[:, -1], table[:, names.index("tested_positive.3")]
    mean, std = x[:2160].mean(0), x[:2160].std(0).clamp(min=1e-6)
    x = (x - mean) / std
    model = answer.train_network(x[:2160], y[:2160])
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(x[2160:]), y[2160:]).item()
        before = ((y[2160:] - y[:2160].mean()) ** 2).mean().item()
        baseline = nn.functional.mse_loss(yesterday[2160:], y[2160:]).item()
    shown = {"actual": f"valid loss {loss:.3f}", "expected": f"less than {baseline:.3f}, the loss of \"as yesterday\""}
    called = f"LEARNING_RATE = {answer.LEARNING_RATE:g}"
    grade.require(math.isfinite(loss) and loss < before / 2, "exploded" if answer.LEARNING_RATE > 1e-3 else "nothing_learnt", called, **shown)
    grade.require(loss < baseline, "too_slow", called, **shown)
