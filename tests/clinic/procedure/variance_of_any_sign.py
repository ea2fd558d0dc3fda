# code: TW705
# numbers: softplus
# about: the second half of the head's output goes into GaussianNLLLoss as the variance, with any sign; it must be made positive
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Estimate:
    """A yield and how sure the model is of it."""

    mean: torch.Tensor
    spread: torch.Tensor


class YieldModel(nn.Module):
    """Predicts the yield of an orchard from soil and weather, with its uncertainty."""

    def __init__(self, num_features, width=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(num_features, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.mean = nn.Linear(width, 1)
        self.spread = nn.Linear(width, 1)

    def forward(self, features):
        inner = self.body(features)
        mean = self.mean(inner).squeeze(-1)
        spread = self.spread(inner).squeeze(-1)  # <- culprit
        # mended: spread = nn.functional.softplus(self.spread(inner)).squeeze(-1)
        return Estimate(mean, spread)


def step(model, criterion, optimizer, features, harvest):
    estimate = model(features)
    loss = criterion(estimate.mean, harvest, estimate.spread)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


torch.manual_seed(3)
features = torch.randn(128, 7)
harvest = features @ torch.rand(7) + 0.3 * torch.randn(128)
model = YieldModel(7)
criterion = nn.GaussianNLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for number in range(4):
    rows = slice(32 * number, 32 * number + 32)
    print(step(model, criterion, optimizer, features[rows], harvest[rows]))
