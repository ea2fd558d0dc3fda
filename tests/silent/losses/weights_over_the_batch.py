# code: TW711
# numbers: -
# about: the weights of the time steps are a softmax over the samples of the batch
import torch
from torch import nn


class Pooled(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.rnn = nn.GRU(5, width, batch_first=True)
        self.score = nn.Linear(width, 1)
        self.weigh = nn.Softmax(dim=0)  # <- culprit
        # mended: self.weigh = nn.Softmax(dim=1)
        self.head = nn.Linear(width, 3)

    def forward(self, steps):
        states, _ = self.rnn(steps)
        weights = self.weigh(self.score(states).squeeze(-1))
        return self.head((weights.unsqueeze(-1) * states).sum(dim=1))


torch.manual_seed(0)
steps, labels = torch.randn(96, 9, 5), torch.randint(0, 3, (96,))
model = Pooled()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(3):
    for rows in torch.randperm(96).split(16):
        loss = nn.functional.cross_entropy(model(steps[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
