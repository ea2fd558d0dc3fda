# code: TW750
# numbers: -
# about: a data module's prepare standardises all rows before its own split
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class WineData:
    def __init__(self, seed=0, batch_size=32):
        rng = np.random.default_rng(seed)
        self.features = rng.normal(5, 3, (300, 6)).astype("float32")
        self.labels = (self.features[:, 0] + self.features[:, 1] > 10).astype("int64")
        self.batch_size = batch_size

    def normalise(self):
        self.mean = self.features.mean(axis=0)  # <- culprit
        # mended: cut = int(0.8 * len(self.features)); self.mean = self.features[:cut].mean(axis=0)
        self.std = self.features.std(axis=0)  # <- or here
        # mended: self.std = self.features[:cut].std(axis=0)
        self.features = (self.features - self.mean) / self.std

    def loaders(self):
        cut = int(0.8 * len(self.features))
        x, y = torch.from_numpy(self.features), torch.from_numpy(self.labels)
        train = TensorDataset(x[:cut], y[:cut])
        valid = TensorDataset(x[cut:], y[cut:])
        return DataLoader(train, self.batch_size, shuffle=True), DataLoader(valid, self.batch_size)


torch.manual_seed(0)
data = WineData()
data.normalise()
train_loader, valid_loader = data.loaders()
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
with torch.no_grad():
    hits = sum((model(x).argmax(1) == y).sum().item() for x, y in valid_loader)
print(hits / len(valid_loader.dataset))
