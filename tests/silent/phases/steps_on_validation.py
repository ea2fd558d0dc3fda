# code: TW724
# numbers: val_loader
# about: the same function trains on both loaders
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
inputs, targets = torch.randn(120, 8), torch.randint(0, 2, (120,))
train_loader = DataLoader(TensorDataset(inputs[:80], targets[:80]), batch_size=20, shuffle=True)
val_loader = DataLoader(TensorDataset(inputs[80:], targets[80:]), batch_size=20)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def run(loader, is_train=True):
    losses = []
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        if is_train:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()  # <- or here
        losses.append(loss.item())
    return sum(losses) / len(losses)


for epoch in range(2):
    train_loss = run(train_loader)
    val_loss = run(val_loader)  # <- culprit
    # mended: with torch.no_grad():
    # mended:     val_loss = run(val_loader, is_train=False)
    print(epoch, train_loss, val_loss)
