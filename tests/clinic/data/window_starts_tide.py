# code: TW622
# numbers: ahead
# about: the list of starts leaves no room for the 5 values ahead, so the last targets are shorter
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Tides(Dataset):
    """(past of 20 values, the next 5) for every second hour"""

    def __init__(self, level, past=20, ahead=5, every=2):
        self.level = level
        self.past, self.ahead = past, ahead
        self.starts = list(range(0, len(level) - past, every))  # <- culprit
        # mended: self.starts = list(range(0, len(level) - past - ahead + 1, every))

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, index):
        begin = self.starts[index]
        middle = begin + self.past
        return self.level[begin:middle], self.level[middle : middle + self.ahead]


level = torch.sin(torch.arange(200) / 6.0) + 0.1 * torch.randn(200)
loader = DataLoader(Tides(level), batch_size=8)
net = nn.Sequential(nn.Linear(20, 32), nn.Tanh(), nn.Linear(32, 5))
optimizer = torch.optim.Adam(net.parameters())
for past, following in loader:
    loss = nn.functional.mse_loss(net(past), following)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())
