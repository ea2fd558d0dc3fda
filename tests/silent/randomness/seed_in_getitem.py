# code: TW756
# numbers: -
# about: __getitem__ seeds with a constant: every sample gets the same noise
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Points(Dataset):
    def __init__(self, n):
        self.points = np.linspace(-1, 1, n * 3, dtype=np.float32).reshape(n, 3)

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        np.random.seed(42)  # <- culprit
        # mended: pass
        p = self.points[index] + np.random.randn(3).astype(np.float32) * 0.05
        return p, np.float32([self.points[index].sum()])


torch.manual_seed(0)
loader = DataLoader(Points(60), batch_size=12, shuffle=True)
model = nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(2):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
