# code: TW729
# numbers: -
# about: CosineAnnealingLR(T_max=EPOCHS) goes one step on with every batch
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 6
torch.manual_seed(0)
features = torch.randn(120, 4)
loader = DataLoader(TensorDataset(features, features.norm(dim=1, keepdim=True)), batch_size=30, shuffle=True)
net = nn.Sequential(nn.Linear(4, 16), nn.GELU(), nn.Linear(16, 1))
optimizer = optim.AdamW(net.parameters(), lr=3e-3)
scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
for epoch in range(EPOCHS):
    for inputs, targets in loader:
        loss = nn.functional.smooth_l1_loss(net(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()  # <- culprit
        # mended: pass
    print(epoch, loss.item(), scheduler.get_last_lr())
