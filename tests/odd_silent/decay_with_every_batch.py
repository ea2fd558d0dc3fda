"""A decay that is meant for batches: 1 % a step over the whole training; and a sum of losses that is walked back once."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
shared = nn.Linear(6, 6)
model = nn.Sequential(nn.Linear(6, 6), shared, nn.Tanh(), shared, nn.Linear(6, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)
loader = DataLoader(TensorDataset(torch.randn(120, 6), torch.randint(0, 2, (120,))), 10, shuffle=True)
for epoch in range(5):
    seen = 0.0
    for x, y in loader:
        parts = [nn.functional.cross_entropy(model(a), b) for a, b in zip(x.split(5), y.split(5), strict=True)]
        loss = sum(parts) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
        seen = seen + loss.detach() * len(y)
    print(float(seen) / 120, decay.get_last_lr())
