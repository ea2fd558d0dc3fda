# code: TW716
# numbers: -
# about: the optimizer was built from the first model, the second is trained
import copy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def build():
    return nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 1))


base = build()
optimizer = torch.optim.Adam(base.parameters(), lr=1e-2)  # <- culprit
# mended: model = copy.deepcopy(base)
# mended: optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
model = copy.deepcopy(base)
# mended: pass
x = torch.randn(80, 6)
loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=16, shuffle=True)
history = []
for epoch in range(3):
    for inputs, targets in loader:
        loss = nn.functional.mse_loss(model(inputs), targets)
        model.zero_grad()
        loss.backward()
        optimizer.step()
    history.append(loss.item())
print(history)
