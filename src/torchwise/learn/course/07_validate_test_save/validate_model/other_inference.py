"""How good is the model on the valid data?"""

import torch
from torch import nn
from torch.utils.data import DataLoader


def validate(model: nn.Module, loader: DataLoader, criterion: nn.Module, device: str) -> float:
    """The mean loss over all samples of the loader, in eval mode, without gradients. A Python number."""
    model.eval()
    losses, count = [], 0
    with torch.inference_mode():
        for batch in loader:
            inputs, targets = (part.to(device) for part in batch)
            losses.append(criterion(model(inputs), targets) * inputs.shape[0])
            count += inputs.shape[0]
    return float(sum(losses) / count)


if __name__ == "__main__":
    data = torch.utils.data.TensorDataset(torch.randn(10, 3), torch.randn(10, 1))
    print(validate(nn.Linear(3, 1), DataLoader(data, 4), nn.MSELoss(), "cpu"))
