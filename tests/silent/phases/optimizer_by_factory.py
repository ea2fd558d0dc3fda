# code: TW734
# numbers: -
# about: a factory builds a new optimizer at the beginning of each epoch; no loader
import torch
from torch import nn

OPTIMIZERS = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


def make_optimizer(model, kind="rmsprop", lr=1e-3):
    return OPTIMIZERS[kind](model.parameters(), lr=lr)


def one_epoch(model, x, y):
    for rows in torch.randperm(len(x)).split(25):
        loss = nn.functional.mse_loss(model(x[rows]), y[rows])
        model.optimizer.zero_grad()
        loss.backward()
        model.optimizer.step()


torch.manual_seed(0)
x = torch.randn(100, 3)
y = x.sum(1, keepdim=True)
model = nn.Sequential(nn.Linear(3, 12), nn.Tanh(), nn.Linear(12, 1))
for epoch in range(4):
    model.optimizer = make_optimizer(model)  # <- culprit
    # mended: model.optimizer = getattr(model, "optimizer", None) or make_optimizer(model)
    one_epoch(model, x, y)
