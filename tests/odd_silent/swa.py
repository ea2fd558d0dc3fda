"""SWA: batch norm statistics are renewed by update_bn in train mode; the averaged model is evaluated."""
import torch
from torch import nn
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset

data = TensorDataset(torch.randn(64, 8), torch.randint(0, 3, (64,)))
train_loader = DataLoader(data, batch_size=16, shuffle=True)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
averaged = AveragedModel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = SWALR(optimizer, swa_lr=0.05)
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    averaged.update_parameters(model)
    scheduler.step()
update_bn(train_loader, averaged)
averaged.eval()
with torch.no_grad():
    for x, y in train_loader:
        print((averaged(x).argmax(1) == y).float().mean())
