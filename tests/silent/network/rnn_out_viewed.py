# code: TW719
# numbers: view
# about: the output of a time-first RNN is viewed as (batch, time * hidden)
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 8)
        self.fc = nn.Linear(8 * 6, 2)

    def forward(self, x):
        batch = x.size(0)
        out, _ = self.gru(x.transpose(0, 1))
        out = out.contiguous().view(batch, -1)  # <- culprit
        # mended: out = out.transpose(0, 1).reshape(batch, -1)
        return self.fc(out)


model = Sequence()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(torch.randn(50, 6, 4), torch.randint(0, 2, (50,))), batch_size=10)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
