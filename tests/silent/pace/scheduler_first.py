# code: TW729
# numbers: 0.1
# about: the scheduler steps before the optimizer
import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils.data import DataLoader, TensorDataset

net = nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 3))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = ExponentialLR(optimizer, gamma=0.9)
loader = DataLoader(TensorDataset(torch.randn(40, 6), torch.randint(0, 3, (40,))), batch_size=10)
for epoch in range(3):
    scheduler.step()  # <- culprit
    # mended: print(epoch, scheduler.get_last_lr())
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    print(epoch)
    # mended: scheduler.step()
