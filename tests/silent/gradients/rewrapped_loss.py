# code: TW718
# numbers: -
# about: the loss is wrapped in a new tensor before backward
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(TensorDataset(torch.randn(45, 4), torch.randint(0, 3, (45,))), batch_size=15)
for epoch in range(2):
    for x, y in loader:
        loss = criterion(model(x), y)
        penalty = sum(p.abs().sum().item() for p in model.parameters())
        total = torch.tensor(loss.item() + 1e-4 * penalty, requires_grad=True)  # <- culprit
        # mended: total = loss + 1e-4 * penalty
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
