# code: TW806
# numbers: weights_only
# about: np.mean gives a NumPy scalar, and weights_only refuses the checkpoint that holds it
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class MatrixFactorization(nn.Module):
    def __init__(self, users, items, dim=6):
        super().__init__()
        self.user = nn.Embedding(users, dim)
        self.item = nn.Embedding(items, dim)
        self.bias = nn.Parameter(torch.zeros(items))

    def forward(self, user, item):
        return (self.user(user) * self.item(item)).sum(-1) + self.bias[item]


class EarlyStopping:
    def __init__(self, path, patience=2):
        self.path, self.patience = path, patience
        self.best, self.waited = np.inf, 0

    def __call__(self, model, value):
        if value < self.best:
            self.best, self.waited = value, 0
            torch.save({"weights": model.state_dict(), "val_loss": self.best}, self.path)  # <- or here
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self, model):
        checkpoint = torch.load(self.path)
        model.load_state_dict(checkpoint["weights"])
        return checkpoint["val_loss"]


def ratings(n, users=12, items=15):
    rng = np.random.default_rng(n)
    user, item = rng.integers(0, users, n), rng.integers(0, items, n)
    stars = 3 + np.sin(user) + np.cos(item) + rng.normal(0, 0.2, n)
    return TensorDataset(torch.from_numpy(user), torch.from_numpy(item), torch.from_numpy(stars).float())


def validate(model, loader):
    model.eval()
    losses = []
    with torch.no_grad():
        for user, item, stars in loader:
            losses.append(nn.functional.mse_loss(model(user, item), stars).item())
    return np.mean(losses)  # <- culprit
    # mended: return float(np.mean(losses))


def main():
    torch.manual_seed(0)
    train_loader = DataLoader(ratings(160), batch_size=32, shuffle=True)
    val_loader = DataLoader(ratings(40), batch_size=20)
    model = MatrixFactorization(12, 15)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    stopping = EarlyStopping("mf.pt")
    for epoch in range(6):
        model.train()
        for user, item, stars in train_loader:
            optimizer.zero_grad()
            nn.functional.mse_loss(model(user, item), stars).backward()
            optimizer.step()
        if stopping(model, validate(model, val_loader)):
            break
    print("restored the model with validation loss", stopping.restore(model))


if __name__ == "__main__":
    main()
