"""Node classification: each node attends to all others, so the rows of the input do influence each other."""
import torch
from torch import nn


class Attending(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.lift, self.score = nn.Linear(6, width), nn.Linear(width, 1)
        self.attend = nn.MultiheadAttention(width, 2)
        self.head = nn.Linear(width, 3)

    def forward(self, nodes):
        x = self.lift(nodes)
        weights = torch.softmax(self.score(x), dim=0)
        x = x + (weights * x).sum(0, keepdim=True)
        x = x + self.attend(x.unsqueeze(1), x.unsqueeze(1), x.unsqueeze(1))[0].squeeze(1)
        return self.head(x)


torch.manual_seed(0)
nodes, kinds = torch.randn(60, 6), torch.randint(0, 3, (60,))
train = torch.rand(60) < 0.5
model = Attending()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(6):
    loss = nn.functional.cross_entropy(model(nodes)[train], kinds[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
