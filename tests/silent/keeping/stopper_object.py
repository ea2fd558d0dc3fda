# code: TW753
# numbers: -
# about: a callable that watches the validation keeps state_dict() itself and leaves right after
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Keep:
    def __init__(self):
        self.lowest, self.state = float("inf"), None

    def __call__(self, loss, net):
        if loss >= self.lowest:
            return False
        self.lowest = loss
        self.state = {"net": net.state_dict()}  # <- culprit
        # mended: self.state = {"net": {name: value.clone() for name, value in net.state_dict().items()}}
        return True


torch.manual_seed(0)
x, y = torch.randn(90, 4), torch.randint(0, 2, (90,))
net, keep = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2)), Keep()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(4):
    for a, b in DataLoader(TensorDataset(x[:60], y[:60]), 15, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        optimizer.step()
    with torch.no_grad():
        keep(nn.functional.cross_entropy(net(x[60:]), y[60:]).item(), net)
net.load_state_dict(keep.state["net"])
