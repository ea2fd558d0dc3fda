"""Bags of patches, one a step: the softmax over dimension 0 is over the patches of the bag."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.lift, self.score, self.head = nn.Linear(6, 12), nn.Linear(12, 1), nn.Linear(12, 1)

    def forward(self, patches):
        h = torch.relu(self.lift(patches))
        weights = torch.softmax(self.score(h), dim=0)
        return self.head((weights * h).sum(0)), weights


torch.manual_seed(0)
model = Bag()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(torch.randn(40, 9, 6), torch.randint(0, 2, (40, 1)).float()), None, shuffle=True)
for epoch in range(2):
    for patches, label in loader:
        answer, _ = model(patches)
        loss = nn.functional.binary_cross_entropy_with_logits(answer, label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
