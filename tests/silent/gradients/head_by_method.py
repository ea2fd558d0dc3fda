# code: TW716
# numbers: -
# about: a method puts in a new head when the optimizer has been built
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Birds(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(27, 16), nn.ReLU())
        self.reset_head(1000)

    def reset_head(self, classes):
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        return self.head(self.body(x))


def setup(classes):
    model = Birds()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # <- culprit
    # mended: model.reset_head(classes)
    # mended: optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.reset_head(classes)
    # mended: pass
    return model, optimizer


torch.manual_seed(0)
model, optimizer = setup(5)
for x, y in DataLoader(TensorDataset(torch.rand(60, 3, 3, 3), torch.randint(0, 5, (60,))), 15, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
