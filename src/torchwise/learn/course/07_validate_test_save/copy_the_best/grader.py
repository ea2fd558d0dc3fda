"""The weights of the best epoch, though they were changed in place afterwards."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for losses in ([3.0, 1.0, 2.0], [5.0, 4.0, 2.0, 3.0, 6.0]):
        model = nn.Linear(2, 1)
        seen, waiting = [], iter(losses)

        def train_epoch(model, seen=seen):
            with torch.no_grad():
                model.weight += torch.rand_like(model.weight) + 0.1
            seen.append(model.weight.detach().clone())

        best = answer.fit(model, len(losses), train_epoch, lambda _, waiting=waiting: next(waiting))
        grade.tensor(
            best.weight.detach(), seen[losses.index(min(losses))], f"fit(...).weight for the valid losses {losses}",
            mistakes={"last_weights": seen[-1], "first_weights": seen[0]},
        )
