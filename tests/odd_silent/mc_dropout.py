"""MC dropout: after training, several passes in train mode give a spread."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x = torch.rand(80, 3)
y = x.sum(1, keepdim=True)
train = DataLoader(TensorDataset(x[:60], y[:60]), batch_size=20, shuffle=True)
test = DataLoader(TensorDataset(x[60:], y[60:]), batch_size=20)
model = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(2):
    model.train()
    for a, b in train:
        optimizer.zero_grad()
        nn.functional.mse_loss(model(a), b).backward()
        optimizer.step()
model.train()
with torch.no_grad():
    for a, b in test:
        samples = torch.stack([model(a) for _ in range(10)])
        print(samples.mean(0).sub(b).abs().mean().item(), samples.std(0).mean().item())
