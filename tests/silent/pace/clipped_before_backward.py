# code: TW730
# numbers: -
# about: clip_grad_norm_ before backward
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

model = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
x = torch.rand(60, 3)
for epoch in range(2):
    for features, target in DataLoader(TensorDataset(x, x.prod(1, keepdim=True)), batch_size=20, shuffle=True):
        optimizer.zero_grad()
        loss = nn.functional.huber_loss(model(features), target)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)  # <- culprit
        # mended: loss.backward()
        loss.backward()
        # mended: torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
