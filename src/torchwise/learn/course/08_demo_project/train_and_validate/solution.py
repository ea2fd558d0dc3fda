"""Training with validation, and the best weights."""

import torch
from torch import nn


def fit(
    model: nn.Module, train: tuple[torch.Tensor, torch.Tensor], valid: tuple[torch.Tensor, torch.Tensor],
    *, num_epochs: int, batch_size: int, lr: float,
) -> list[float]:  # fmt: skip
    """Train by SGD with momentum 0.9 on the mean squared error; give the valid loss of each epoch.

    train, valid: x (rows, features) and y (rows,). Afterwards the model has the weights of its best epoch.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    criterion = nn.MSELoss()
    x, y = train
    valid_losses: list[float] = []
    best_state = None
    for _ in range(num_epochs):
        model.train()
        for rows in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            criterion(model(x[rows]), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            loss = criterion(model(valid[0]), valid[1]).item()
        valid_losses.append(loss)
        if loss == min(valid_losses):
            best_state = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(best_state)
    return valid_losses


if __name__ == "__main__":
    features, targets = torch.randn(60, 3), torch.randn(60)
    network = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0))
    print(fit(network, (features[:40], targets[:40]), (features[40:], targets[40:]), num_epochs=3, batch_size=8, lr=0.01))
