# code: TW202
# numbers: (16, 1) (16,)
# about: a regression of house prices whose model gives (B, 1) and whose targets are (B,)
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Houses(Dataset):
    def __init__(self, size, seed):
        generator = torch.Generator().manual_seed(seed)
        self.features = torch.randn(size, 6, generator=generator)
        weights = torch.tensor([2.0, -1.0, 0.5, 0.0, 3.0, -2.0])
        self.prices = self.features @ weights + 0.1 * torch.randn(size, generator=generator)

    def __len__(self):
        return len(self.prices)

    def __getitem__(self, index):
        return self.features[index], self.prices[index]


class Regressor(nn.Module):
    def __init__(self, inputs, hidden=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.head(self.body(x))


def run_epoch(model, loader, criterion, optimizer=None):
    total = 0.0
    for features, prices in loader:
        predicted = model(features)
        loss = criterion(predicted, prices)  # <- culprit
        # mended: loss = criterion(predicted.squeeze(1), prices)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total += loss.item() * len(prices)
    return total / len(loader.dataset)


train_loader = DataLoader(Houses(64, 0), batch_size=16, shuffle=True)
valid_loader = DataLoader(Houses(32, 1), batch_size=16)
model = Regressor(6)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.MSELoss()
for epoch in range(2):
    model.train()
    train_loss = run_epoch(model, train_loader, criterion, optimizer)
    model.eval()
    with torch.no_grad():
        valid_loss = run_epoch(model, valid_loader, criterion)
    print(epoch, train_loss, valid_loss)
