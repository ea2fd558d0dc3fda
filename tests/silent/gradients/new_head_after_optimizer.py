# code: TW716
# numbers: -
# about: the head is replaced after the optimizer was built
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Backbone(nn.Module):
    def __init__(self, num_classes=100):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, num_classes)

    def forward(self, x):
        return self.fc(self.pool(self.features(x)).flatten(1))


model = Backbone()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # <- culprit
# mended: model.fc = nn.Linear(16, 5)
# mended: optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
model.fc = nn.Linear(16, 5)
# mended: pass
loader = DataLoader(TensorDataset(torch.rand(30, 3, 16, 16), torch.randint(0, 5, (30,))), batch_size=10)
for epoch in range(2):
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
