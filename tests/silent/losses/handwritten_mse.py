# code: TW202
# numbers: (10, 1) (10,)
# about: a mean squared error written by hand, without loaders
import torch
import torch.nn as nn

torch.manual_seed(1)
X = torch.rand(50, 3) * 2 - 1
y = (X ** 2).sum(dim=1) - X[:, 0]

net = nn.Sequential(nn.Linear(3, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

for epoch in range(3):
    order = torch.randperm(len(X))
    for start in range(0, len(X), 10):
        idx = order[start:start + 10]
        pred = net(X[idx])
        loss = ((pred - y[idx]) ** 2).mean()  # <- culprit
        # mended: loss = ((pred[:, 0] - y[idx]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
