# code: TW018
# numbers: patience
# about: StepLR is given the patience of the other schedule
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.optim import lr_scheduler as sched


@dataclass
class TrainConfig:
    lr: float = 0.1
    schedule: str = "step"
    schedules: dict = field(default_factory=lambda: {
        "plateau": {"factor": 0.5, "patience": 3},
        "step": {"gamma": 0.5, "patience": 3},  # <- culprit
        # mended: "step": {"gamma": 0.5, "step_size": 3},
    })


CLASSES = {"step": sched.StepLR, "plateau": sched.ReduceLROnPlateau}


class Trainer:
    def __init__(self, model, cfg):
        self.model, self.cfg = model, cfg
        self.opt = torch.optim.SGD(model.parameters(), lr=cfg.lr)
        kwargs = cfg.schedules[cfg.schedule]
        self.schedule = CLASSES[cfg.schedule](self.opt, **kwargs)

    def fit(self, x, y, epochs=4):
        for _ in range(epochs):
            loss = nn.functional.mse_loss(self.model(x), y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            self.schedule.step()


Trainer(nn.Linear(3, 1), TrainConfig()).fit(torch.randn(20, 3), torch.randn(20, 1))
