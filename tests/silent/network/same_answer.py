# code: TW743 TW718
# numbers: -
# about: the inputs are multiplied by 0 in a wrong normalisation
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 3))

    def forward(self, x):
        x = x * (1 // x.shape[1])
        # mended: x = x * (1 / x.shape[1])
        return self.net(x)


model = Scaled()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(2):
    for x, y in DataLoader(TensorDataset(torch.randn(40, 6), torch.randint(0, 3, (40,))), batch_size=10):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)  # <- culprit
        # mended: loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
