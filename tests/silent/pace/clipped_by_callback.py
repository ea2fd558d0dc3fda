# code: TW730
# numbers: -
# about: the callback that clips is called when the step is done
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Clipping:
    def __init__(self, limit):
        self.limit = limit

    def __call__(self, model):
        nn.utils.clip_grad_norm_(model.parameters(), self.limit)


class Loop:
    def __init__(self, model, callbacks):
        self.model, self.callbacks = model, callbacks
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def step(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def run(self, loader):
        for x, y in loader:
            self.step(nn.functional.mse_loss(self.model(x), y))
            for callback in self.callbacks:
                callback(self.model)  # <- culprit
                # mended: pass


torch.manual_seed(0)
x = torch.randn(60, 4)
loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 15, shuffle=True)
loop = Loop(nn.Linear(4, 1), [Clipping(1.0)])
for epoch in range(2):
    loop.run(loader)
