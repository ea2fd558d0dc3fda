# about: pairs of random views, and noise that is to be removed: randomness belongs to the task, also when it is validated
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class TwoViews(Dataset):
    def __init__(self, x):
        self.x = x

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] + 0.1 * torch.randn(6), self.x[i] + 0.1 * torch.randn(6)


class Denoising(TwoViews):
    def __getitem__(self, i):
        return self.x[i] + 0.3 * torch.randn(6), self.x[i]


def contrast(a, b):
    scores = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / 0.2
    return F.cross_entropy(scores, torch.arange(len(a)))


def run(data, net, criterion):
    train, val = random_split(data, [96, 32])
    train_loader = DataLoader(train, 32, shuffle=True, drop_last=True)
    val_loader = DataLoader(val, 32)
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for epoch in range(2):
        net.train()
        for a, b in train_loader:
            loss = criterion(net(a), net(b) if criterion is contrast else b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            losses = [criterion(net(a), net(b) if criterion is contrast else b).item() for a, b in val_loader]
        print(sum(losses) / len(losses))


torch.manual_seed(0)
x = torch.randn(128, 6)
run(TwoViews(x), nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 4)), contrast)
run(Denoising(x), nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 6)), F.mse_loss)
