# code: TW703
# numbers: nan
# about: one column is constant, its standard deviation is 0, and standardizing divides 0 by 0
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Standardizer:
    def fit(self, table):
        self.mean = table.mean(0)
        self.std = table.std(0)  # <- culprit
        # mended: self.std = table.std(0).clamp(min=1e-8)
        return self

    def transform(self, table):
        return (table - self.mean) / self.std


class Machines(Dataset):
    """Hours to the next repair from the machine's settings."""

    def __init__(self, n=90, seed=0):
        g = torch.Generator().manual_seed(seed)
        speed = 1000 + 200 * torch.rand(n, generator=g)
        load = torch.rand(n, generator=g)
        voltage = torch.full((n,), 230.0)
        warm = 40 + 30 * load + torch.randn(n, generator=g)
        self.table = torch.stack([speed, load, voltage, warm], dim=1)
        self.hours = (500 - 0.2 * speed - 100 * load + 5 * torch.randn(n, generator=g)) / 100

    def __len__(self):
        return len(self.hours)

    def __getitem__(self, i):
        return self.table[i], self.hours[i]


def make_network(widths):
    net = nn.Sequential()
    for i, (before, after) in enumerate(zip(widths, widths[1:])):
        net.append(nn.Linear(before, after))
        if i < len(widths) - 2:
            net.append(nn.SELU())
    return net


def update(net, optimizer, x, y, max_norm=5.0):
    optimizer.zero_grad()
    loss = nn.functional.huber_loss(net(x).squeeze(1), y)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm, error_if_nonfinite=True)
    optimizer.step()
    return loss.item(), norm.item()


def main():
    torch.manual_seed(0)
    machines = Machines()
    machines.table = Standardizer().fit(machines.table).transform(machines.table)
    net = make_network([4, 32, 16, 1])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, nesterov=True, momentum=0.9)
    for epoch in range(3):
        for x, y in DataLoader(machines, batch_size=30, shuffle=True):
            loss, norm = update(net, optimizer, x, y)
        print(f"epoch {epoch}: loss {loss:.3f}, gradient norm {norm:.2f}")


main()
