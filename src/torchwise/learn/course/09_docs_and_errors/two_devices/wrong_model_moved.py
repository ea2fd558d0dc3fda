# message: mistake.model_moved
"""A tensor on another device than the model.

The device "meta" is on every computer: its tensors have shapes but no numbers. To PyTorch it is as foreign as a GPU.
"""

import torch
from torch import nn


def run(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The outputs of the model, wherever it is."""
    if inputs.device.type == "cpu" and next(model.parameters()).device.type == "meta":
        model = model.to_empty(device="cpu")
    return model(inputs)


if __name__ == "__main__":
    model = nn.Linear(5, 1).to("meta")
    print(run(model, torch.randn(2, 5)))
