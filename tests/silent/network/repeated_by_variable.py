# code: TW738
# numbers: -
# about: a layer is built once and stands in every place of the list
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def repeat(block, count):
    return nn.ModuleList([block for _ in range(count)])  # <- culprit
    # mended: return nn.ModuleList([type(block)(block.in_features, block.out_features) for _ in range(count)])


class Deep(nn.Module):
    def __init__(self, width=12, depth=4):
        super().__init__()
        block = nn.Linear(width, width)
        self.blocks = repeat(block, depth)
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return self.head(x)


torch.manual_seed(0)
model = Deep()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for x, y in DataLoader(TensorDataset(torch.randn(60, 12), torch.randint(0, 2, (60,))), 15, shuffle=True):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
