# code: TW201
# numbers: 32 50
# about: max over the channels (dim 1) leaves the 50 points; it must go over the points (dim 2)
import torch
from torch import nn


class PointNet(nn.Module):
    """points (batch, 3, n) -> class scores"""

    def __init__(self, n_classes):
        super().__init__()
        self.mlp = nn.Sequential(nn.Conv1d(3, 16, 1), nn.ReLU(), nn.Conv1d(16, 32, 1), nn.ReLU())
        self.head = nn.Linear(32, n_classes)

    def forward(self, points):
        features = self.mlp(points)
        pooled = features.max(dim=1).values  # <- culprit
        # mended: pooled = features.max(dim=2).values
        return self.head(pooled)


def clouds(n):
    shape = torch.randint(0, 3, (n,))
    points = torch.randn(n, 3, 50) * (1 + shape.view(-1, 1, 1))
    return points, shape


torch.manual_seed(0)
model = PointNet(3)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    points, shape = clouds(16)
    loss = nn.functional.cross_entropy(model(points), shape)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
