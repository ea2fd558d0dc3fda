# code: TW717
# numbers: -
# about: a helper returns a list of layers
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_layers(sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers.append(nn.Linear(a, b))
    return layers


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = make_layers([4, 16, 16])  # <- culprit
        # mended: self.layers = nn.ModuleList(make_layers([4, 16, 16]))
        self.out = nn.Linear(16, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.out(x)


torch.manual_seed(0)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in DataLoader(TensorDataset(torch.randn(60, 4), torch.randint(0, 3, (60,))), batch_size=12):
    opt.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    opt.step()
