"""How good is the model on the valid data?"""

import torch
from torch import nn
from torch.utils.data import DataLoader


def validate(model: nn.Module, loader: DataLoader, criterion: nn.Module, device: str) -> float:
    """The mean loss over all samples of the loader, in eval mode, without gradients. A Python number."""
    @torch.no_grad()
    def total():
        return sum(criterion(model(x.to(device)), y.to(device)).item() * len(x) for x, y in loader)

    model.train(False)
    return total() / len(loader.dataset)


if __name__ == "__main__":
    data = torch.utils.data.TensorDataset(torch.randn(10, 3), torch.randn(10, 1))
    print(validate(nn.Linear(3, 1), DataLoader(data, 4), nn.MSELoss(), "cpu"))
