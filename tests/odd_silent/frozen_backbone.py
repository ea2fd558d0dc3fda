"""A frozen backbone with batch norm kept in eval mode while the head is trained; then everything, with two rates."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.head(features)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self


model = Net()
for p in model.backbone.parameters():
    p.requires_grad_(False)
optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=1e-3)
data = TensorDataset(torch.rand(40, 3, 12, 12), torch.randint(0, 4, (40,)))
train, val = torch.utils.data.random_split(data, [28, 12])
train_loader, val_loader = DataLoader(train, 7, shuffle=True), DataLoader(val, 6)
for epoch in range(2):
    model.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(sum((model(x).argmax(1) == y).sum() for x, y in val_loader))
    train_accuracy = sum((model(x).argmax(1) == y).sum() for x, y in train_loader)
