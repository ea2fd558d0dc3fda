# code: TW017
# numbers: SmoothL1Loss
# about: the table holds the loss classes and the chosen one is never built, so calling it builds a loss from tensors
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LOSSES = {"mse": nn.MSELoss, "mae": nn.L1Loss, "huber": nn.SmoothL1Loss}
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


def build_model(hp):
    layers, before = [], hp["inputs"]
    for units in hp["units"]:
        layers += [nn.Linear(before, units), nn.BatchNorm1d(units), nn.LeakyReLU(0.1)]
        before = units
    return nn.Sequential(*layers, nn.Linear(before, 1))


def build_training(hp):
    model = build_model(hp)
    criterion = LOSSES[hp["loss"]]  # <- culprit
    # mended: criterion = LOSSES[hp["loss"]]()
    optimizer = OPTIMIZERS[hp["optimizer"]](model.parameters(), lr=hp["lr"])
    return model, criterion, optimizer


def bike_rentals(hours=200):
    hour = torch.arange(hours) % 24
    temperature = 15 + 8 * torch.sin(hour / 24 * 6.28) + torch.randn(hours)
    weekend = ((torch.arange(hours) // 24) % 7 >= 5).float()
    features = torch.stack([hour / 24, temperature / 30, weekend], dim=1)
    rentals = 3 * (features[:, 1] - 0.3) + weekend + 0.1 * torch.randn(hours)
    return features, rentals.unsqueeze(1)


def train(model, criterion, optimizer, loader):
    model.train()
    losses = []
    for features, rentals in loader:
        optimizer.zero_grad()
        predicted = model(features)
        loss = criterion(predicted, rentals)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


torch.manual_seed(5)
hp = {"inputs": 3, "units": [32, 16], "loss": "huber", "optimizer": "adam", "lr": 0.01, "epochs": 2}
features, rentals = bike_rentals()
loader = DataLoader(TensorDataset(features, rentals), batch_size=40, shuffle=True)
model, criterion, optimizer = build_training(hp)
for epoch in range(hp["epochs"]):
    print(epoch, train(model, criterion, optimizer, loader))
