"""The same number as nn.MSELoss, and a gradient behind it."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for batch in (3, 8, 5):
        outputs = torch.randn(batch, requires_grad=True)
        targets = torch.randn(batch)
        gaps = outputs - targets
        grade.tensor(
            answer.mean_squared_error(outputs, targets), nn.MSELoss()(outputs, targets), "mean_squared_error(outputs, targets)",
            given={"outputs": outputs, "targets": targets},
            mistakes={"rooted": (gaps**2).mean().sqrt(), "absolute": gaps.abs().mean(), "mean_first": gaps.mean() ** 2},
        )  # fmt: skip
