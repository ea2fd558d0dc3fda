# message: mistake.loss_class
"""The five lines before the loop."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def set_up(dataset: Dataset, model: nn.Module, device: str) -> tuple:
    """The loader (batches of 16, shuffled), the model on the device, nn.MSELoss, and SGD (lr 0.1) for the model."""
    loader = DataLoader(dataset, batch_size=16, shuffle=True)
    model = model.to(device)
    criterion = nn.MSELoss
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return loader, model, criterion, optimizer


if __name__ == "__main__":
    data = torch.utils.data.TensorDataset(torch.randn(40, 3), torch.randn(40, 1))
    loader, model, criterion, optimizer = set_up(data, nn.Linear(3, 1), "cpu")
    print(len(loader), criterion, optimizer)
