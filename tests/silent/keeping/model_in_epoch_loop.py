# code: TW757
# numbers: -
# about: the network (with its optimizer) is built inside the epoch loop, so that every epoch starts anew
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class Mlp(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(n_in, 12), nn.Linear(12, n_out)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))


torch.manual_seed(0)
x = torch.randn(120, 5)
y = x.argmax(1)
loader = DataLoader(TensorDataset(x, y), batch_size=20, shuffle=True)
for epoch in range(3):
    net = Mlp(5, 5)  # <- culprit
    # mended: net = Mlp(5, 5) if epoch == 0 else net
    opt = optim.SGD(net.parameters(), lr=0.1)
    for xb, yb in loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(xb), yb)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
