# code: TW722
# numbers: Dropout
# about: model.train() only before the loop over the epochs
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(5, 16, batch_first=True)
        self.drop = nn.Dropout(0.4)
        self.fc = nn.Linear(16, 1)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.fc(self.drop(out[:, -1])).squeeze(-1)


def evaluate(model, loader):
    model.eval()  # <- culprit
    with torch.no_grad():
        total = sum(nn.functional.l1_loss(model(x), y).item() for x, y in loader)
    # mended: total = 0.0
    # mended: with torch.no_grad():
    # mended:     for x, y in loader:
    # mended:         total += nn.functional.l1_loss(model(x), y).item()
    # mended: model.train()
    return total / len(loader)


model = Model()
model.train()
x = torch.randn(60, 6, 5)
y = x.mean(dim=(1, 2))
train, valid = TensorDataset(x[:40], y[:40]), TensorDataset(x[40:], y[40:])
train, valid = DataLoader(train, batch_size=10, shuffle=True), DataLoader(valid, batch_size=10)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    for inputs, targets in train:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
    print(epoch, evaluate(model, valid))
