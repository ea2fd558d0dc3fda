# code: TW739
# numbers: (20, 1) (20,)
# about: the accuracy of a binary classifier compares (B, 1) with (B,)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

features = torch.randn(100, 7)
labels = (features.sum(1) > 0).float()
train_loader = DataLoader(TensorDataset(features[:80], labels[:80]), batch_size=20, shuffle=True)
val_loader = DataLoader(TensorDataset(features[80:], labels[80:]), batch_size=20)
model = nn.Sequential(nn.Linear(7, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)


def evaluate():
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for x, y in val_loader:
            predicted = (torch.sigmoid(model(x)) > 0.5).float()
            correct += (predicted == y).sum().item()  # <- culprit
            # mended: correct += (predicted.squeeze(1) == y).sum().item()
            total += y.size(0)
    return correct / total


for epoch in range(2):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y.unsqueeze(1))
        loss.backward()
        optimizer.step()
    print(epoch, evaluate())
