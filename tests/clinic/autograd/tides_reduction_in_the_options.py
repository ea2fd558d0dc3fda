# code: TW507
# numbers: 12
# about: the experiment's loss options say reduction="none", so there are 12 losses and backward wants one number
import torch
from torch import nn

EXPERIMENTS = dict(
    harbour=dict(
        hidden=16,
        loss=dict(reduction="none", beta=0.5),  # <- culprit
        # mended: loss=dict(reduction="mean", beta=0.5),
        optimizer=dict(lr=0.01, weight_decay=0.0),
    ),
)


class Tide(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True)
        self.level = nn.Linear(hidden, 1)

    def forward(self, past):
        out, _ = self.rnn(past)
        return self.level(out[:, -1]).squeeze(1)


class Experiment:
    def __init__(self, name):
        options = EXPERIMENTS[name]
        self.net = Tide(options["hidden"])
        self.criterion = nn.SmoothL1Loss(**options["loss"])
        self.optimizer = torch.optim.Adam(self.net.parameters(), **options["optimizer"])

    def run(self, steps):
        for step in range(steps):
            start = torch.rand(12, 1) * 6
            series = torch.sin(start + torch.arange(25) * 0.5)
            loss = self.criterion(self.net(series[:, :-1, None]), series[:, -1])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return loss.item()


torch.manual_seed(4)
print(Experiment("harbour").run(5))
