# code: TW754
# numbers: 32 4
# about: validation losses of batches of 32 and of a last one of 4 are averaged as equals
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(264, 7)
y = x @ torch.randn(7, 1) + 0.3
train_dl = DataLoader(TensorDataset(x[:196], y[:196]), batch_size=28, shuffle=True)
val_dl = DataLoader(TensorDataset(x[196:], y[196:]), batch_size=32)
net = nn.Sequential(nn.Linear(7, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)


def validate():
    net.eval()
    total = 0.0
    with torch.no_grad():
        for xb, yb in val_dl:
            loss = criterion(net(xb), yb)
            total += loss.item()
    return total / len(val_dl)  # <- culprit
    # mended: return nn.functional.mse_loss(net(x[196:]), y[196:]).item()


for epoch in range(3):
    net.train()
    for xb, yb in train_dl:
        loss = criterion(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, validate())
