# code: TW753
# numbers: -
# about: best_model = model, which the next epochs go on training; it is tested at the end
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Regressor(nn.Module):
    def __init__(self, width=20):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, width), nn.ReLU())
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(1)


def run_epoch(model, loader, optimizer=None):
    model.train(optimizer is not None)
    total, count = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item() * len(x)
            count += len(x)
    return total / count


torch.manual_seed(7)
x = torch.rand(300, 4)
data = TensorDataset(x, x.prod(1) + 0.1 * torch.randn(300))
train, val, test = random_split(data, [200, 50, 50])
train_dl, val_dl, test_dl = DataLoader(train, 25, shuffle=True), DataLoader(val, 50), DataLoader(test, 50)
model = Regressor()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.005)
best_val, best_model = float("inf"), None
for epoch in range(4):
    run_epoch(model, train_dl, optimizer)
    val_loss = run_epoch(model, val_dl)
    if val_loss < best_val:
        best_val = val_loss
        best_model = model  # <- culprit
        # mended: best_model = __import__("copy").deepcopy(model)
print("test", run_epoch(best_model, test_dl))
