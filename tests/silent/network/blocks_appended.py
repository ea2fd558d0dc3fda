# code: TW717
# numbers: -
# about: blocks are appended to a plain list in a loop
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, width)

    def forward(self, x):
        return x + torch.relu(self.fc(self.norm(x)))


class Tower(nn.Module):
    def __init__(self, inputs, width, depth):
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.blocks = []  # <- culprit
        # mended: self.blocks = nn.ModuleList()
        for _ in range(depth):
            block = Block(width)
            self.blocks.append(block)
        self.leave = nn.Linear(width, 2)

    def forward(self, x):
        x = self.enter(x)
        for block in self.blocks:
            x = block(x)
        return self.leave(x)


torch.manual_seed(0)
model = Tower(5, 16, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
data = TensorDataset(torch.randn(60, 5), torch.randint(0, 2, (60,)))
for epoch in range(2):
    for x, y in DataLoader(data, batch_size=20, shuffle=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
