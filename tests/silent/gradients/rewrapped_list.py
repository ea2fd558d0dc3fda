# code: TW718
# numbers: -
# about: losses are collected as numbers and wrapped again for backward
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.MSELoss()

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            losses = []
            for x, y in loader:
                losses.append(self.criterion(self.model(x), y).item())
            self.optimizer.zero_grad()
            total = torch.tensor(losses, requires_grad=True).mean()  # <- culprit
            # mended: total = sum(self.criterion(self.model(x), y) for x, y in loader) / len(loader)
            total.backward()
            self.optimizer.step()
            print(epoch, total.item())


torch.manual_seed(0)
x = torch.randn(90, 3)
loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=30, shuffle=True)
Trainer(nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)), 1e-2).fit(loader, 5)
