# code: TW628
# numbers: sampler shuffle
# about: the options shared by all loaders hold shuffle=True, which excludes the balancing sampler
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

LOADER_OPTIONS = dict(
    batch_size=16,
    shuffle=True,  # <- culprit
    # mended:
    drop_last=True,
    num_workers=0,
)


def transactions(n, fraud_share, seed):
    g = torch.Generator().manual_seed(seed)
    is_fraud = (torch.rand(n, generator=g) < fraud_share).long()
    amounts = torch.randn(n, 7, generator=g) + 1.5 * is_fraud.unsqueeze(1)
    return TensorDataset(amounts, is_fraud)


def balancing_sampler(dataset):
    labels = dataset.tensors[1]
    counts = torch.bincount(labels, minlength=2)
    weights = (1.0 / counts.clamp(min=1))[labels]
    return WeightedRandomSampler(weights, num_samples=len(labels), replacement=True)


def loader_for(dataset, balance=False):
    sampler = balancing_sampler(dataset) if balance else None
    return DataLoader(dataset, sampler=sampler, **LOADER_OPTIONS)


class FraudNet(nn.Module):
    def __init__(self, n_features=7, hidden=(32, 16), p=0.2):
        super().__init__()
        self.layers = nn.ModuleList()
        for units in hidden:
            self.layers.append(nn.Sequential(nn.Linear(n_features, units), nn.ReLU(), nn.Dropout(p)))
            n_features = units
        self.logit = nn.Linear(n_features, 1)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.logit(x).squeeze(-1)


torch.manual_seed(0)
valid_loader = loader_for(transactions(64, 0.1, seed=2))
train_loader = loader_for(transactions(160, 0.1, seed=1), balance=True)

net = FraudNet()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(3):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y.float())
        loss.backward()
        optimizer.step()

    net.eval()
    found = frauds = 0
    with torch.no_grad():
        for x, y in valid_loader:
            found += ((net(x) > 0) & (y == 1)).sum().item()
            frauds += y.sum().item()
    print(f"epoch {epoch}: loss {loss.item():.3f}, recall {found}/{frauds}")
