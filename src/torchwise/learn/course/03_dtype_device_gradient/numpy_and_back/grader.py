"""The outputs as an array, and the model as it was."""

import random

import numpy as np
import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for rows, features in ((3, 2), (1, 4), (random.randrange(4, 7), 3)):
        model = nn.Sequential(nn.Linear(features, 3), nn.Linear(3, 1))
        table = np.random.randint(-5, 6, (rows, features)) + np.random.choice([0.25, 0.5], (rows, features))
        inputs = torch.tensor(table.tolist())
        expected, whole = model(inputs).detach(), model(inputs.trunc()).detach()
        outputs = answer.predict(model, table.copy())
        called, shown = "predict(model, table)", {"actual": outputs, "expected": expected.numpy()}
        grade.require(all(p.dtype == torch.float32 for p in model.parameters()), "model_changed", called, **shown)
        grade.require(all(p.requires_grad for p in model.parameters()), "frozen", called, **shown)
        grade.require(not isinstance(outputs, torch.Tensor), "tensor", called, **shown)
        grade.require(not isinstance(outputs, list), "list", called, **shown)
        if not isinstance(outputs, np.ndarray):
            grade.equal(outputs, expected.numpy(), called)
        grade.tensor(
            torch.from_numpy(outputs), expected, called, given={"table": table}, mistakes={"fractions_lost": whole}
        )
