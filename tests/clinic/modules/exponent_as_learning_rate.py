# code: TW018
# numbers: -3
# about: the search space holds exponents, and -3 itself is given as the learning rate instead of 10 ** -3
import itertools
from types import SimpleNamespace

import torch
import torch.nn as nn

SPACE = {
    "lr": [-3, -2],
    "hidden": [8, 16],
}


def trials(space):
    for lr, hidden in itertools.product(space["lr"], space["hidden"]):
        yield SimpleNamespace(lr=lr, hidden=hidden, momentum=0.9)  # <- culprit
        # mended: yield SimpleNamespace(lr=10**lr, hidden=hidden, momentum=0.9)


class SpiralNet(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.inner = nn.Linear(2, hidden)
        self.outer = nn.Bilinear(hidden, hidden, 3)

    def forward(self, xy):
        h = torch.tanh(self.inner(xy))
        return self.outer(h, h)


def spirals(per_arm=40, arms=3):
    r = torch.linspace(0.1, 1, per_arm).repeat(arms)
    arm = torch.arange(arms).repeat_interleave(per_arm)
    angle = 4 * r + arm * 2 * torch.pi / arms + 0.1 * torch.randn(per_arm * arms)
    return torch.stack([r * angle.cos(), r * angle.sin()], 1), arm


def run_trial(trial, xy, arm, epochs=5):
    torch.manual_seed(0)
    net = SpiralNet(trial.hidden)
    optimizer = torch.optim.SGD(net.parameters(), lr=trial.lr, momentum=trial.momentum)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for _ in range(epochs):
        for idx in torch.randperm(len(arm)).split(30):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(xy[idx]), arm[idx]).backward()
            optimizer.step()
        scheduler.step()
    with torch.no_grad():
        return (net(xy).argmax(1) == arm).float().mean().item()


torch.manual_seed(33)
xy, arm = spirals()
results = [(run_trial(trial, xy, arm), trial) for trial in trials(SPACE)]
accuracy, best = max(results, key=lambda result: result[0])
print(f"best accuracy {accuracy:.2f} with {best}")
