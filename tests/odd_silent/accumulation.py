"""Gradient accumulation over 4 batches, a warm-up that begins at 0, and clipping."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

model = nn.Sequential(nn.Linear(10, 32), nn.GELU(), nn.LayerNorm(32), nn.Linear(32, 1))
decay = [p for p in model.parameters() if p.dim() > 1]
rest = [p for p in model.parameters() if p.dim() <= 1]
optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=1e-3)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(step / 4, 1.0))
x = torch.randn(128, 10)
loader = DataLoader(TensorDataset(x, x[:, 0].sin()), batch_size=8, shuffle=True)
optimizer.zero_grad()
for epoch in range(2):
    running = 0.0
    for i, (a, b) in enumerate(loader):
        loss = nn.functional.mse_loss(model(a).squeeze(-1), b) / 4
        loss.backward()
        running += loss.detach()
        if (i + 1) % 4 == 0:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
    print(running.item())
