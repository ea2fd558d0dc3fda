# message: raised
"""Keep the parameters in a file, and put them into a new model."""

import torch
from torch import nn


def save(model: nn.Module, path: str) -> None:
    """Write the parameters and buffers of the model to the file."""
    torch.save(path, model.state_dict())


def load(model: nn.Module, path: str) -> nn.Module:
    """Put what is in the file into the model, on the CPU; give the model, ready for predictions."""
    model.load_state_dict(torch.load(path, map_location="cpu"))
    model.eval()
    return model


if __name__ == "__main__":
    save(nn.Linear(2, 1), "model.pt")
    print(load(nn.Linear(2, 1), "model.pt"))
