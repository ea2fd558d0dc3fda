# code: TW751
# numbers: -
# about: no loader: slices of a tensor that is sorted by class
import torch
from torch import nn
torch.manual_seed(0)
X = torch.randn(90, 3); y = torch.arange(3).repeat_interleave(30); X[:, 0] += y
net = nn.Linear(3, 3); opt = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(3):
    for i in range(0, len(X), 15):
        xb, yb = X[i:i+15], y[i:i+15]
        loss = nn.functional.cross_entropy(net(xb), yb)  # <- culprit
        # mended: loss = nn.functional.cross_entropy(net(X[::9]), y[::9])
        opt.zero_grad(); loss.backward(); opt.step()
