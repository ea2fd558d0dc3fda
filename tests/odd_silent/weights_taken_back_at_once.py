"""state_dict() of the living weights where that is right: put into another model, saved, and loaded without a step between."""
import copy
import io

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1))
average = copy.deepcopy(model).requires_grad_(False)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
x = torch.randn(80, 5)
checkpoint = {"model": model.state_dict(), "epoch": 0}
best, lowest = None, float("inf")
for epoch in range(3):
    for a, b in DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 20, shuffle=True):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(a), b).backward()
        optimizer.step()
    average.load_state_dict(model.state_dict())
    model.load_state_dict(model.state_dict())
    checkpoint["epoch"] = epoch
    torch.save(checkpoint, io.BytesIO())
    loss = nn.functional.mse_loss(average(x), x.sum(1, keepdim=True)).item()
    if loss < lowest:
        best, lowest = {name: value.clone() for name, value in model.state_dict().items()}, loss
model.load_state_dict(best)
