# code: TW704
# numbers: 27 28
# about: int(n / batch) drops the last short batch, so the one-cycle has 27 steps for 30; use len(loader)
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

BATCH = 16
ROUNDS = 3


class Crossings(Dataset):
    def __init__(self, n):
        g = torch.Generator().manual_seed(3)
        self.wind = torch.randn(n, 6, generator=g)
        self.delay = self.wind.sum(1) + 0.1 * torch.randn(n, generator=g)

    def __len__(self):
        return self.wind.shape[0]

    def __getitem__(self, k):
        return self.wind[k], self.delay[k]


def make_optimizer(net, n_items, batch, rounds, peak=0.05):
    opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    per_round = int(n_items / batch)  # <- culprit
    # mended: per_round = -(-n_items // batch)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, peak, per_round * rounds, pct_start=0.4)
    return opt, plan


def one_round(net, batches, opt, plan):
    total, seen = 0.0, 0
    for wind, delay in batches:
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(wind)[:, 0], delay)
        loss.backward()
        opt.step()
        plan.step()
        total, seen = total + loss.item() * len(delay), seen + len(delay)
    return total / seen


crossings = Crossings(150)
batches = DataLoader(crossings, batch_size=BATCH, shuffle=True)
net = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 1))
opt, plan = make_optimizer(net, len(crossings), BATCH, ROUNDS)
for r in range(ROUNDS):
    print(r, one_round(net, batches, opt, plan))
