"""The outputs are where the model is."""

import torch
from torch import nn

from torchwise.learn import grade


def graded(answer):
    for device in ("meta", "cpu"):
        model = nn.Sequential(nn.Linear(5, 3), nn.ReLU(), nn.Linear(3, 1)).to(device)
        inputs = torch.randn(2, 5)
        outputs = answer.run(model, inputs)
        called = f"run(model on {device}, inputs)"
        where = next(model.parameters()).device.type
        grade.require(where == device, "model_moved", called, actual=f"the model is on {where} now", expected=f"on {device}")
        with torch.no_grad():
            right = model(inputs.to(device))
        grade.tensor(outputs.detach(), right, called)
