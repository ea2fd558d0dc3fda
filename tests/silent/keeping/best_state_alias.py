# code: TW753
# numbers: -
# about: the state of the best epoch is the living one; it is loaded again after training
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def evaluate(model, loader):
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
            total += len(y)
    return correct / total


def train_epoch(model, loader, optimizer):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def main():
    torch.manual_seed(0)
    x = torch.randn(240, 6)
    y = (x[:, 0] * x[:, 1] > 0).long()
    train_loader = DataLoader(TensorDataset(x[:180], y[:180]), batch_size=30, shuffle=True)
    val_loader = DataLoader(TensorDataset(x[180:], y[180:]), batch_size=60)
    model = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Dropout(0.2), nn.Linear(24, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    best_acc, best_state = 0.0, None
    for epoch in range(5):
        train_epoch(model, train_loader, optimizer)
        acc = evaluate(model, val_loader)
        if acc > best_acc:
            best_acc = acc
            best_state = model.state_dict()  # <- culprit
            # mended: best_state = {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best_state)
    print("best", best_acc, "loaded", evaluate(model, val_loader))


if __name__ == "__main__":
    main()
