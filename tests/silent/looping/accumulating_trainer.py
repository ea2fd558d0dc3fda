# code: TW758
# numbers: -
# about: a Trainer class accumulates over self.every batches; the flag is computed before
import torch
from torch import nn


class Trainer:
    def __init__(self, model, optimizer, every=2):
        self.model, self.optimizer, self.every = model, optimizer, every
        self.loss_fn = nn.MSELoss()

    def compute_loss(self, batch):
        x, y = batch
        return self.loss_fn(self.model(x), y)

    def train_epoch(self, batches):
        self.model.train()
        for index, batch in enumerate(batches):
            is_update = (index + 1) % self.every == 0 or index + 1 == len(batches)
            loss = self.compute_loss(batch)
            loss.backward()  # <- culprit
            # mended: (loss / self.every).backward()
            if is_update:
                self.optimizer.step()
                self.optimizer.zero_grad()

    def fit(self, batches, epochs):
        for epoch in range(epochs):
            self.train_epoch(batches)


torch.manual_seed(1)
batches = [(x := torch.randn(8, 3), x.sum(1, keepdim=True)) for _ in range(6)]
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
Trainer(net, torch.optim.SGD(net.parameters(), lr=0.02)).fit(batches, epochs=3)
