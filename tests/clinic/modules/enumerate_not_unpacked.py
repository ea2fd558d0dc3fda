# code: TW016 TW629
# numbers: int tuple
# about: enumerate gives (number, batch); the batch is unpacked from the pair, so the input is the number
import logging

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(level=logging.WARNING)
log = logging.getLogger("train")


class TemporalBlock(nn.Module):
    def __init__(self, channels, dilation):
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.norm = nn.GroupNorm(2, channels)

    def forward(self, x):
        return x + torch.relu(self.norm(self.conv(x)))


class TCN(nn.Module):
    def __init__(self, in_channels=3, channels=12, horizon=4):
        super().__init__()
        self.inp = nn.Conv1d(in_channels, channels, 1)
        self.blocks = nn.Sequential(*(TemporalBlock(channels, 2**i) for i in range(3)))
        self.out = nn.Linear(channels, horizon)

    def forward(self, x):
        return self.out(self.blocks(self.inp(x))[..., -1])


class Trainer:
    def __init__(self, model, loader, lr=1e-3, log_every=2):
        self.model, self.loader = model, loader
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
        self.loss_fn = nn.HuberLoss()
        self.log_every = log_every

    def train_step(self, history, future):
        forecast = self.model(history)
        loss = self.loss_fn(forecast, future)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, epochs):
        for epoch in range(epochs):
            self.model.train()
            for batch in enumerate(self.loader):  # <- culprit
                # mended: for step, batch in enumerate(self.loader):
                history, future = batch
                loss = self.train_step(history, future)
            log.info("epoch %d: %.4f", epoch, loss)


def weather(days=160, window=24, horizon=4):
    t = torch.arange(days, dtype=torch.float32)
    series = torch.stack([torch.sin(t / 6), torch.cos(t / 9), torch.randn(days) / 10])
    windows = series.unfold(1, window + horizon, 4).transpose(0, 1)
    return TensorDataset(windows[..., :window].contiguous(), windows[:, 0, window:].contiguous())


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer(TCN(), DataLoader(weather(), batch_size=8, shuffle=True))
    trainer.fit(2)
