"""One epoch of training."""

from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader


def train_epoch(model: nn.Module, loader: DataLoader, criterion: nn.Module, optimizer: Optimizer, device: str) -> None:
    """One step for each batch of the loader, the model in train mode."""
    ...


if __name__ == "__main__":
    import torch

    data = torch.utils.data.TensorDataset(torch.randn(8, 3), torch.randn(8, 1))
    model = nn.Linear(3, 1)
    train_epoch(model, DataLoader(data, 4), nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), "cpu")
