# code: TW717
# numbers: Linear
# about: layers in a Python list
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ResMLP(nn.Module):
    def __init__(self, inputs, width, depth, outputs):
        super().__init__()
        self.stem = nn.Linear(inputs, width)
        self.blocks = [nn.Linear(width, width) for _ in range(depth)]  # <- culprit
        # mended: self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return self.head(x)


model = ResMLP(6, 24, 3, 2)
optimizer = torch.optim.Adam(model.parameters())
for x, y in DataLoader(TensorDataset(torch.randn(60, 6), torch.randint(0, 2, (60,))), batch_size=12):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
