# code: TW727
# numbers: -
# about: an integer division makes the learning rate 0
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH, BASE = 16, 1
lr = BASE * BATCH // 256
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)  # <- culprit
# mended: optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * BATCH / 256, momentum=0.9)
loader = DataLoader(TensorDataset(torch.randn(64, 10), torch.randn(64, 1)), batch_size=BATCH)
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
