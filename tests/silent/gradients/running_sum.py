# code: TW723
# numbers: -
# about: total_loss += loss without .item()
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def fit_one_epoch(model, loader, optimizer, loss_fn):
    total_loss = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        total_loss += loss  # <- culprit
        # mended: total_loss += loss.item()
    return total_loss / len(loader)


model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loader = DataLoader(TensorDataset(torch.rand(50, 1, 8, 8), torch.randint(0, 10, (50,))), batch_size=10)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(2):
    print(epoch, float(fit_one_epoch(model, loader, optimizer, nn.CrossEntropyLoss())))
