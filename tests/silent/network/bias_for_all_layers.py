# code: TW732
# numbers: -
# about: an initialisation meant for the last layer fills the biases of all
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def rare(layer):
    if isinstance(layer, nn.Linear):
        layer.bias.data.fill_(-6.0)  # <- culprit
        # mended: layer.bias.data.zero_()


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)).apply(rare)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
x = torch.randn(100, 4)
loader = DataLoader(TensorDataset(x, (x[:, :1] > 1).float()), 20, shuffle=True)
for epoch in range(2):
    for a, b in loader:
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(model(a), b).backward()
        optimizer.step()
