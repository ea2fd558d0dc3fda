# code: TW753
# numbers: -
# about: a checkpoint dict with the living state is written to a file after the training
import torch
from torch import nn
torch.manual_seed(0)
data = [(torch.randn(8, 2), torch.randn(8, 1)) for _ in range(4)]
model = nn.Linear(2, 1)
opt = torch.optim.Adam(model.parameters(), 0.01)
best_loss = 1e9
checkpoint = {}
for epoch in range(4):
    for x, y in data:
        loss = nn.functional.mse_loss(model(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
    if loss.item() < best_loss:
        best_loss = loss.item()
        checkpoint = {"epoch": epoch, "model": model.state_dict(), "optim": opt.state_dict()}  # <- culprit
        # mended: checkpoint = {"epoch": epoch, "model": {k: v.clone() for k, v in model.state_dict().items()}}
torch.save(checkpoint, "best.pt")
