# code: TW738
# numbers: 4
# about: [layer] * n
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


class Stack(nn.Module):
    def __init__(self, width=16, depth=4):
        super().__init__()
        self.blocks = nn.Sequential(*[Block(width)] * depth)  # <- culprit
        # mended: self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.blocks(x))


model = Stack()
optimizer = torch.optim.AdamW(model.parameters())
for x, y in DataLoader(TensorDataset(torch.randn(40, 16), torch.randint(0, 3, (40,))), batch_size=10):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
