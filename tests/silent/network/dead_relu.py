# code: TW732
# numbers: 0
# about: a bias of -100 shuts every unit of the first layer
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(8, 16), nn.Linear(16, 2)
        nn.init.constant_(self.a.bias, -100.0)  # <- culprit
        # mended: nn.init.constant_(self.a.bias, 0.0)

    def forward(self, x):
        return self.b(torch.relu(self.a(x)))


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in DataLoader(TensorDataset(torch.randn(50, 8), torch.randint(0, 2, (50,))), batch_size=10):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
