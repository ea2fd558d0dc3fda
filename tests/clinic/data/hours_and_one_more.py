# code: TW610
# numbers: 24 23
# about: args.hours is used for the features too; hour buckets are 1..24, so the table needs args.hours + 1 rows
import argparse
import math
import torch
from torch import nn


def options():
    p = argparse.ArgumentParser()
    p.add_argument("--hours", type=int, default=24)
    p.add_argument("--dim", type=int, default=6)
    return p.parse_args([])


class HourModel(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.hour = nn.Embedding(args.hours, args.dim, padding_idx=0)  # <- culprit
        # mended: self.hour = nn.Embedding(args.hours + 1, args.dim, padding_idx=0)
        self.mix = nn.Sequential(nn.Linear(args.dim + 2, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, hour, wave):
        return self.mix(torch.cat([self.hour(hour), wave], dim=1))


def rides(args, n=48):
    hour = torch.arange(n) % args.hours + 1      # 0 means: unknown
    angle = 2 * math.pi * hour / args.hours
    wave = torch.stack([angle.sin(), angle.cos()], dim=1)
    return hour, wave, (3 + angle.sin()).unsqueeze(1)


args = options()
torch.manual_seed(2)
model = HourModel(args)
opt = torch.optim.Adam(model.parameters(), 1e-2)
for epoch in range(3):
    hour, wave, count = rides(args)
    loss = nn.functional.mse_loss(model(hour, wave), count)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
