# code: TW701
# numbers: -
# about: g_step hands the optimizer of the discriminator over, so that it is stepped twice before one update()
import torch
from torch import nn


class Gan:
    def __init__(self):
        self.g = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
        self.d = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
        self.g_opt = torch.optim.Adam(self.g.parameters(), lr=1e-3)
        self.d_opt = torch.optim.Adam(self.d.parameters(), lr=1e-3)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=64.0)

    def _optimize(self, loss, opt):
        opt.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(opt)

    def d_step(self, real):
        fake = self.g(torch.randn(len(real), 4)).detach()
        loss = self.d(fake).mean() - self.d(real).mean()
        self._optimize(loss, self.d_opt)
        return loss.item()

    def g_step(self, n):
        loss = -self.d(self.g(torch.randn(n, 4))).mean()
        self._optimize(loss, self.d_opt)  # <- culprit
        # mended: self._optimize(loss, self.g_opt)
        return loss.item()

    def train(self, batches):
        for real in batches:
            a = self.d_step(real)
            b = self.g_step(len(real))
            self.scaler.update()
            print(a, b)


torch.manual_seed(0)
Gan().train([torch.randn(8, 2) for _ in range(3)])
