"""Two heads on one trunk; each batch trains only one of them; losses weighted by learned uncertainties."""
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 24), nn.ReLU())
        self.heads = nn.ModuleDict({"a": nn.Linear(24, 3), "b": nn.Linear(24, 1)})
        self.log_var = nn.Parameter(torch.zeros(2))

    def forward(self, x, task):
        return self.heads[task](self.trunk(x))


model = TwoHeads()
optimizer = torch.optim.Adam(model.parameters())
a = DataLoader(TensorDataset(torch.randn(40, 6), torch.randint(0, 3, (40,))), 10)
b = DataLoader(TensorDataset(torch.randn(40, 6), torch.randn(40)), 10)
for epoch in range(2):
    for (xa, ya), (xb, yb) in zip(a, b):
        optimizer.zero_grad()
        losses = torch.stack([F.cross_entropy(model(xa, "a"), ya), F.mse_loss(model(xb, "b").flatten(), yb)])
        total = (losses * (-model.log_var).exp() + model.log_var).sum()
        total.backward()
        optimizer.step()
