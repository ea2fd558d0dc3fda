# code: TW208
# numbers: 30 3
# about: observations of the grid world are (30, 30, 3) and are stored as tensors without permuting; the list of steps is joined with torch.stack
import random
from typing import NamedTuple

import numpy as np
import torch
from torch import nn


class Step(NamedTuple):
    obs: torch.Tensor
    move: int
    reward: float


class Grid:
    def view(self):
        return np.random.default_rng(3).integers(0, 255, (30, 30, 3)).astype(np.float32)


def as_input(view):
    x = torch.from_numpy(view)  # <- culprit
    # mended: x = torch.from_numpy(view).permute(2, 0, 1)
    return x.div(255)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.eye = nn.Conv2d(3, 8, 5, stride=5)
        self.mind = nn.Linear(8 * 36, 4)

    def forward(self, x):
        return self.mind(torch.relu(self.eye(x)).flatten(1))


class Learner:
    def __init__(self):
        self.net = Net()
        self.opt = torch.optim.Adam(self.net.parameters())
        self.rollout = []

    def remember(self, view, move, reward):
        self.rollout.append(Step(as_input(view), move, reward))

    def learn(self):
        steps = random.sample(self.rollout, 6)
        obs = torch.stack([s.obs for s in steps])
        moves = torch.tensor([s.move for s in steps])
        logits = self.net(obs)
        logp = logits.log_softmax(1).gather(1, moves[:, None])[:, 0]
        loss = -(logp * torch.tensor([s.reward for s in steps])).mean()
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()


learner, world = Learner(), Grid()
for t in range(10):
    learner.remember(world.view(), t % 4, 1.0)
learner.learn()
