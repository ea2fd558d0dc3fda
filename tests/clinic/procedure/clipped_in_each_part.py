# code: TW701
# numbers: -
# about: _clip (with unscale_) is called for every part of an accumulated step, update only at its end
import torch
from torch import nn


class Trainer:
    def __init__(self, model, accumulate=2, max_norm=1.0):
        self.model = model
        self.accumulate = accumulate
        self.max_norm = max_norm
        self.opt = torch.optim.SGD(model.parameters(), lr=0.05)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=256.0)

    def _clip(self):
        self.scaler.unscale_(self.opt)
        return nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)

    def _apply(self):
        self.scaler.step(self.opt)
        self.scaler.update()
        self.opt.zero_grad()

    def _micro_step(self, x, y):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.mse_loss(self.model(x).float(), y) / self.accumulate
        self.scaler.scale(loss).backward()
        return loss.item()

    def run(self, batches):
        total = 0.0
        for k, (x, y) in enumerate(batches, 1):
            total += self._micro_step(x, y)
            norm = self._clip()  # <- culprit
            # mended: if k % self.accumulate == 0: norm = self._clip()
            if k % self.accumulate == 0:
                self._apply()
                print(k, float(norm))
        return total


torch.manual_seed(0)
net = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 1))
data = [(torch.randn(8, 10), torch.randn(8, 1)) for _ in range(6)]
print(Trainer(net).run(data))
