# code: TW101
# numbers: meta cpu
# about: the training loop moves its batches, the batches of the validation loop stay on the CPU
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

device = torch.device("cuda" if torch.cuda.is_available() else "meta")


class TabularNet(nn.Module):
    def __init__(self, n_features, n_classes, dropout=0.2):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_features, 48),
            nn.BatchNorm1d(48),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(48, n_classes),
        )

    def forward(self, x):
        return self.layers(x)


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def validate(model, loader):
    model.eval()
    hits = []
    with torch.no_grad():
        for x, y in loader:
            y = y.to(device)  # <- culprit
            # mended: x, y = x.to(device), y.to(device)
            scores = model(x)  # <- or here
            hits.append(scores.argmax(dim=1) == y)
    return torch.cat(hits).float().mean()


def main():
    torch.manual_seed(0)
    table = torch.randn(240, 14)
    kinds = (table[:, :3].sum(dim=1) > 0).long() + (table[:, 3] > 1).long()
    train_set, valid_set = random_split(TensorDataset(table, kinds), [200, 40])
    train_loader = DataLoader(train_set, batch_size=40, shuffle=True)
    valid_loader = DataLoader(valid_set, batch_size=40)
    model = TabularNet(14, 3).to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
    for epoch in range(3):
        train_epoch(model, train_loader, criterion, optimizer)
        accuracy = validate(model, valid_loader)
        scheduler.step()
        print("epoch", epoch, "accuracy", accuracy)


if __name__ == "__main__":
    main()
