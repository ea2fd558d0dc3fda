# code: TW704
# numbers: 2.0 1.0
# about: the factor of ReduceLROnPlateau is meant as a divisor; it is multiplied with the rate and must be below 1
from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass
class Schedule:
    factor: float = 2.0  # <- culprit
    # mended: factor: float = 0.5
    patience: int = 2


@dataclass
class Config:
    rate: float = 0.05
    epochs: int = 6
    schedule: Schedule = field(default_factory=Schedule)


class Autoencoder(nn.Module):
    """Squeezes the spectrum of a mineral to four numbers."""

    def __init__(self, bands=50):
        super().__init__()
        self.down = nn.Sequential(nn.Linear(bands, 20), nn.ELU(), nn.Linear(20, 4))
        self.up = nn.Sequential(nn.Linear(4, 20), nn.ELU(), nn.Linear(20, bands))

    def forward(self, spectra):
        return self.up(self.down(spectra))


class Trainer:
    def __init__(self, model, config):
        self.model, self.config = model, config
        self.optimizer = torch.optim.SGD(model.parameters(), lr=config.rate, momentum=0.9)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, mode="min", factor=config.schedule.factor, patience=config.schedule.patience
        )

    def run(self, train, valid):
        for epoch in range(self.config.epochs):
            for spectra in train.split(20):
                loss = nn.functional.mse_loss(self.model(spectra), spectra)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            with torch.no_grad():
                valid_loss = nn.functional.mse_loss(self.model(valid), valid)
            self.scheduler.step(valid_loss)
            print(epoch, valid_loss.item(), self.optimizer.param_groups[0]["lr"])


torch.manual_seed(0)
data = torch.rand(120, 50).cumsum(1) / 50
Trainer(Autoencoder(), Config()).run(data[:100], data[100:])
