"""The whole procedure, with two lines left out."""

import torch
from torch import nn


def train(inputs: torch.Tensor, targets: torch.Tensor, num_steps: int = 100) -> nn.Module:
    """A line through the points. inputs, targets: (samples, 1), float32."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(num_steps):
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        ...
    return model


if __name__ == "__main__":
    x = torch.linspace(-1, 1, 20).unsqueeze(1)
    model = train(x, 3 * x + 0.5)
    print("weight", model.weight.item(), "(3 is right)   bias", model.bias.item(), "(0.5 is right)")
