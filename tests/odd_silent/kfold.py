"""Five-fold cross-validation: new model, optimizer and loaders for each fold over one data set."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

data = TensorDataset(torch.randn(60, 4), torch.randint(0, 2, (60,)))
order = torch.randperm(60)
for fold in range(3):
    val_idx = order[fold * 20 : fold * 20 + 20].tolist()
    train_idx = [i for i in order.tolist() if i not in val_idx]
    train_loader = DataLoader(Subset(data, train_idx), batch_size=10, shuffle=True)
    val_loader = DataLoader(Subset(data, val_idx), batch_size=10)
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    for epoch in range(2):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            hits = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader)
    print(fold, hits / 20)
