# message: mistake.train_mode
"""How good is the model on the valid data?"""

import torch
from torch import nn
from torch.utils.data import DataLoader


def validate(model: nn.Module, loader: DataLoader, criterion: nn.Module, device: str) -> float:
    """The mean loss over all samples of the loader, in eval mode, without gradients. A Python number."""
    total = 0.0
    with torch.no_grad():
        for inputs, targets in loader:
            loss = criterion(model(inputs.to(device)), targets.to(device))
            total += loss.item() * len(inputs)
    return total / len(loader.dataset)


if __name__ == "__main__":
    data = torch.utils.data.TensorDataset(torch.randn(10, 3), torch.randn(10, 1))
    print(validate(nn.Linear(3, 1), DataLoader(data, 4), nn.MSELoss(), "cpu"))
