"""Each output is compared with its own target, for batches of any size."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    model = nn.Linear(3, 1)
    for batch in (4, 6):
        inputs, targets = torch.randn(batch, 3), torch.randn(batch)
        outputs = model(inputs)
        grade.tensor(
            answer.regression_loss(model, inputs, targets), ((outputs.squeeze(1) - targets) ** 2).mean(),
            "regression_loss(model, inputs, targets)", given={"model(inputs)": outputs, "targets": targets},
            mistakes={"broadcast": ((outputs - targets) ** 2).mean()},
        )  # fmt: skip
