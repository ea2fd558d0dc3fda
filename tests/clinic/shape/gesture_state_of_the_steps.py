# code: TW214
# numbers: 12 40
# about: the state of the batch-first GRU is made for the steps (40) instead of the batch (12)
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Gestures(Dataset):
    def __init__(self, n=48, steps=40, joints=9):
        self.paths = torch.randn(n, steps, joints).cumsum(1)
        self.kinds = torch.randint(0, 4, (n,))

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        return self.paths[i], self.kinds[i]


class GestureNet(nn.Module):
    def __init__(self, joints=9, units=24, kinds=4):
        super().__init__()
        self.units = units
        self.norm = nn.LayerNorm(joints)
        self.gru = nn.GRU(joints, units, batch_first=True)
        self.out = nn.Linear(units, kinds)

    def forward(self, paths):
        paths = self.norm(paths)
        batch, steps, _ = paths.shape
        state = torch.zeros(1, steps, self.units, device=paths.device)  # <- culprit
        # mended: state = torch.zeros(1, batch, self.units, device=paths.device)
        hidden, _ = self.gru(paths, state)
        return self.out(hidden.reshape(batch, steps, -1).mean(1))


def run_epoch(model, loader, optimizer):
    total = 0.0
    for paths, kinds in loader:
        loss = nn.functional.cross_entropy(model(paths), kinds)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


net = GestureNet()
sgd = torch.optim.SGD(net.parameters(), lr=0.05)
data = DataLoader(Gestures(), batch_size=12, shuffle=True)
for e in range(2):
    print(e, run_epoch(net, data, sgd))
