"""Row by row the model's outputs, from a model in eval mode."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    for rows in (10, 7):
        inputs = torch.randn(rows, 2)
        with torch.no_grad():
            right = model.eval()(inputs).squeeze(1)
        model.train()
        torch.manual_seed(rows)
        actual = answer.predict(model, inputs)
        called = "predict(model, inputs)"
        if isinstance(actual, torch.Tensor) and actual.shape == right.shape and not torch.allclose(actual, right):
            is_shuffled = torch.allclose(actual.detach().sort().values, right.sort().values, atol=1e-5)
            grade.require(not is_shuffled, "shuffled", called, actual=actual, expected=right)
        mistakes = {"last_lost": right[: rows // 4 * 4]}
        grade.tensor(actual, right, called, mistakes=mistakes)
