# message: mistake.nothing_learnt
"""It trains without an error, and learns nothing."""

import torch
from torch import nn


def train(inputs: torch.Tensor, targets: torch.Tensor, num_steps: int = 600) -> nn.Module:
    """A small regression. inputs: (samples, 2); targets: (samples, 1)."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)).parameters(), lr=0.03)
    for _ in range(num_steps):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
    return model


if __name__ == "__main__":
    x = torch.rand(64, 2)
    y = x.sum(1, keepdim=True)
    print("loss after training:", nn.functional.mse_loss(train(x, y)(x), y).item())
