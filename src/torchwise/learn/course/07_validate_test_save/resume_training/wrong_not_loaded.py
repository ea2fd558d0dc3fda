# message: mistake.optimizer_forgotten
"""Stop a training, and go on as if nothing had been."""

import torch
from torch import nn


def save_checkpoint(model: nn.Module, optimizer: torch.optim.Optimizer, epoch: int, path: str) -> None:
    """Write all that the training needs to go on."""
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, path)


def load_checkpoint(model: nn.Module, optimizer: torch.optim.Optimizer, path: str) -> int:
    """Put it back into a new model and a new optimizer; give the number of the epoch."""
    checkpoint = torch.load(path, map_location="cpu")
    model.load_state_dict(checkpoint["model"])
    return checkpoint["epoch"]


if __name__ == "__main__":
    model = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    save_checkpoint(model, optimizer, 3, "checkpoint.pt")
    print(load_checkpoint(model, optimizer, "checkpoint.pt"))
