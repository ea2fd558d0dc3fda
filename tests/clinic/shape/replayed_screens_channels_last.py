# code: TW208
# numbers: 36 3
# about: the screens are (H, W, 3) and to_tensor keeps that order; the conv wants the colours first: permute where the tensor is made
import random

import numpy as np
import torch
from torch import nn


def screen(t):
    """What the emulator hands out: rows, columns, colours."""
    picture = np.zeros((36, 36, 3), dtype=np.uint8)
    picture[t % 36, :, t % 3] = 200
    return picture


def to_tensor(picture):
    return torch.tensor(picture, dtype=torch.float32) / 255  # <- culprit
    # mended: return torch.tensor(picture, dtype=torch.float32).permute(2, 0, 1) / 255


class ReplayBuffer:
    def __init__(self, capacity=200):
        self.items, self.capacity = [], capacity

    def push(self, *transition):
        self.items.append(transition)
        self.items = self.items[-self.capacity:]

    def sample(self, n):
        return random.sample(self.items, n)

    def __len__(self):
        return len(self.items)


class Critic(nn.Module):
    def __init__(self, actions):
        super().__init__()
        self.see = nn.Sequential(
            nn.Conv2d(3, 8, 4, stride=4), nn.ELU(), nn.Conv2d(8, 16, 3, stride=2), nn.ELU(), nn.Flatten(),
        )
        self.value = nn.Linear(16 * 4 * 4, actions)

    def forward(self, pictures):
        return self.value(self.see(pictures))


def update(critic, opt, buffer, gamma=0.9):
    states, actions, rewards, following = zip(*buffer.sample(8))
    q = critic(torch.stack(states)).gather(1, torch.tensor(actions)[:, None])[:, 0]
    with torch.no_grad():
        best = critic(torch.stack(following)).amax(1)
    loss = nn.functional.mse_loss(q, torch.tensor(rewards) + gamma * best)
    opt.zero_grad()
    loss.backward()
    opt.step()


random.seed(4)
critic, buffer = Critic(actions=4), ReplayBuffer()
opt = torch.optim.Adam(critic.parameters(), lr=1e-3)
now = to_tensor(screen(0))
for t in range(1, 40):
    then = to_tensor(screen(t))
    buffer.push(now, random.randrange(4), random.random(), then)
    now = then
    if len(buffer) > 20:
        update(critic, opt, buffer)
