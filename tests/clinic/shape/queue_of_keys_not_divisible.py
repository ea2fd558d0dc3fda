# code: TW229
# numbers: 4 16
# about: the queue of 100 keys isn't a multiple of the batch of 16: only 4 places are left at its end
import copy
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

cfg = SimpleNamespace(
    dim=12,
    queue_size=100,  # <- culprit
    # mended: queue_size=96,
    batch_size=16,
    momentum=0.99,
    temperature=0.2,
    steps=10,
)


def make_encoder(dim):
    return nn.Sequential(
        nn.Conv1d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv1d(8, 8, 5, stride=2), nn.ReLU(),
        nn.AdaptiveAvgPool1d(2), nn.Flatten(), nn.Linear(16, dim),
    )  # fmt: skip


class MomentumContrast(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.query_net = make_encoder(cfg.dim)
        self.key_net = copy.deepcopy(self.query_net).requires_grad_(False)
        self.register_buffer("queue", F.normalize(torch.randn(cfg.queue_size, cfg.dim), dim=1))
        self.pointer = 0

    @torch.no_grad()
    def follow(self):
        for slow, fast in zip(self.key_net.parameters(), self.query_net.parameters()):
            slow.mul_(self.cfg.momentum).add_(fast, alpha=1 - self.cfg.momentum)

    @torch.no_grad()
    def enqueue(self, keys):
        end = self.pointer + keys.shape[0]
        self.queue[self.pointer : end] = keys
        self.pointer = end % self.queue.shape[0]

    def forward(self, view_a, view_b):
        q = F.normalize(self.query_net(view_a), dim=1)
        with torch.no_grad():
            self.follow()
            k = F.normalize(self.key_net(view_b), dim=1)
        positive = (q * k).sum(1, keepdim=True)
        negative = q @ self.queue.T.clone()
        logits = torch.cat([positive, negative], dim=1) / self.cfg.temperature
        self.enqueue(k)
        return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


def augment(ecg):
    return ecg * (0.8 + 0.4 * torch.rand(len(ecg), 1, 1)) + 0.05 * torch.randn_like(ecg)


torch.manual_seed(77)
moco = MomentumContrast(cfg)
sgd = torch.optim.SGD(moco.query_net.parameters(), lr=0.03, momentum=0.9)
recordings = torch.randn(160, 1, 60)
for step in range(cfg.steps):
    ecg = recordings[step * cfg.batch_size : (step + 1) * cfg.batch_size]
    loss = moco(augment(ecg), augment(ecg))
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    print(step, f"{loss.item():.3f}")
