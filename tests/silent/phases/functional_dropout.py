# code: TW736
# numbers: -
# about: F.dropout without training=self.training
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(12, 64)
        self.fc2 = nn.Linear(64, 3)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.dropout(x, 0.5)  # <- culprit
        # mended: x = F.dropout(x, 0.5, self.training)
        return self.fc2(x)


X, Y = torch.randn(100, 12), torch.randint(0, 3, (100,))
train, test = DataLoader(TensorDataset(X[:80], Y[:80]), 20), DataLoader(TensorDataset(X[80:], Y[80:]), 20)
net = Net()
opt = torch.optim.Adam(net.parameters())
for epoch in range(2):
    net.train()
    for x, y in train:
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = [(net(x).argmax(-1) == y).float().mean() for x, y in test]
    print(epoch, sum(acc) / len(acc))
