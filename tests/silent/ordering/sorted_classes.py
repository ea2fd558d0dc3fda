# code: TW751
# numbers: 300
# about: one folder of samples after the other is read in, and the train loader doesn't shuffle
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def read_classes(per_class):
    g = torch.Generator().manual_seed(5)
    parts = [torch.randn(per_class, 8, generator=g) + 2 * torch.eye(8)[label] for label in range(3)]
    labels = torch.arange(3).repeat_interleave(per_class)
    return torch.cat(parts), labels


torch.manual_seed(5)
x, y = read_classes(100)
train_loader = DataLoader(TensorDataset(x, y), batch_size=25)  # <- culprit
# mended: train_loader = DataLoader(TensorDataset(x, y), batch_size=25, shuffle=True)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(4):
    running = 0.0
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(labels)
    print(epoch, running / len(y))
