"""Better than saying that tomorrow is like today?"""

import torch
from torch import nn

LEARNING_RATE = 5e-4
NUM_EPOCHS = 25


def train_network(x: torch.Tensor, y: torch.Tensor) -> nn.Module:
    """The network of the project, trained on scaled features. x: (rows, features); y: (rows,)."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=0.9)
    for _ in range(NUM_EPOCHS):
        for rows in torch.randperm(len(x)).split(270):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return model


if __name__ == "__main__":
    import csv

    with open("survey.csv", encoding="utf-8", newline="") as file:
        table = torch.tensor([[float(cell) for cell in line] for line in list(csv.reader(file))[1:]])
    x, y, yesterday = table[:, 1:-1], table[:, -1], table[:, -17]
    mean, std = x[:1800].mean(0), x[:1800].std(0).clamp(min=1e-6)
    x = (x - mean) / std
    model = train_network(x[:1800], y[:1800])
    with torch.no_grad():
        print("network: ", nn.functional.mse_loss(model(x[1800:]), y[1800:]).item())
    print("baseline:", nn.functional.mse_loss(yesterday[1800:], y[1800:]).item())
