# code: TW737
# numbers: relu
# about: a regression that ends in a ReLU while half of the targets are negative
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
x = torch.randn(200, 5)
y = (x[:, :1] - 2 * x[:, 1:2]) + 0.1 * torch.randn(200, 1)
train = DataLoader(TensorDataset(x[:160], y[:160]), batch_size=40, shuffle=True)
test = DataLoader(TensorDataset(x[160:], y[160:]), batch_size=40)


def block(i, o):
    return [nn.Linear(i, o), nn.ReLU()]  # <- or here


model = nn.Sequential(*block(5, 32), *block(32, 16), *block(16, 1))  # <- culprit
# mended: model = nn.Sequential(*block(5, 32), *block(32, 16), nn.Linear(16, 1))
criterion = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(2):
    for a, b in train:
        optimizer.zero_grad()
        criterion(model(a), b).backward()
        optimizer.step()
    with torch.no_grad():
        print(sum(criterion(model(a), b).item() for a, b in test))
