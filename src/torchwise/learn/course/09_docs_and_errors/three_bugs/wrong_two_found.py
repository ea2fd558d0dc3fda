# message: mistake.dropout_on
"""Three bugs are in this program. None of them raises an error."""

import torch
from torch import nn


class Classifier(nn.Module):
    """From (batch, features) to one logit for each class: (batch, classes)."""

    def __init__(self, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(num_features, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, num_classes))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.layers(inputs)


def train_step(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, optimizer: torch.optim.Optimizer) -> float:
    """One step; gives the loss."""
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(inputs), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def accuracy(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> float:
    """The share of samples whose largest logit is the right class, from 0 to 1."""
    with torch.no_grad():
        return (model(inputs).argmax(1) == labels).float().mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    x = torch.randn(200, 4)
    y = x[:, :3].argmax(1)
    model = Classifier(4, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(200):
        train_step(model, x, y, optimizer)
    print("accuracy:", accuracy(model, x, y))
