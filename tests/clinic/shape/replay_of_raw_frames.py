# code: TW208
# numbers: 2 20
# about: the replay memory hands out (batch, 20, 20, 2) as the game draws; the network wants the 2 channels first
import random

import numpy as np
import torch
from torch import nn


class Catch:
    """Catch the falling ball; a frame has two layers, ball and paddle."""

    shape, n_actions = (20, 20, 2), 3

    def reset(self):
        self.ball, self.col, self.paddle = 0, random.randrange(20), 10
        return self.frame()

    def frame(self):
        f = np.zeros(self.shape, dtype=np.float32)
        f[self.ball, self.col, 0] = 1
        f[19, max(self.paddle - 2, 0) : self.paddle + 3, 1] = 1
        return f

    def step(self, action):
        self.paddle = min(max(self.paddle + action - 1, 0), 19)
        self.ball += 1
        done = self.ball == 19
        reward = float(abs(self.col - self.paddle) <= 2) if done else 0.0
        return self.frame(), reward, done


class ReplayMemory:
    def __init__(self, capacity=1000):
        self.capacity, self.items = capacity, []

    def push(self, *item):
        self.items.append(item)
        self.items = self.items[-self.capacity :]

    def sample(self, n):
        frames, actions, rewards, nexts, dones = zip(*random.sample(self.items, n))
        as_batch = lambda fs: torch.as_tensor(np.stack(fs))  # <- culprit
        # mended: as_batch = lambda fs: torch.as_tensor(np.stack(fs)).permute(0, 3, 1, 2)
        return as_batch(frames), torch.tensor(actions), torch.tensor(rewards), as_batch(nexts), torch.tensor(dones)


def make_q_network(channels, n_actions):
    return nn.Sequential(
        nn.Conv2d(channels, 8, 4, stride=2), nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
        nn.Flatten(), nn.LazyLinear(n_actions),
    )


random.seed(5)
torch.manual_seed(5)
game, memory = Catch(), ReplayMemory()
online, target = (make_q_network(Catch.shape[-1], Catch.n_actions) for _ in range(2))
for net in (online, target):
    net(torch.zeros(1, Catch.shape[2], *Catch.shape[:2]))
target.load_state_dict(online.state_dict())
optimizer = torch.optim.Adam(online.parameters(), lr=1e-3)

for episode in range(4):
    frame, done = game.reset(), False
    while not done:
        action = random.randrange(Catch.n_actions)
        after, reward, done = game.step(action)
        memory.push(frame, action, reward, after, done)
        frame = after
    s, a, r, s2, d = memory.sample(16)
    q = online(s).gather(1, a[:, None]).squeeze(1)
    with torch.no_grad():
        best = r + 0.99 * target(s2).amax(1) * ~d
    loss = nn.functional.mse_loss(q, best)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"episode {episode}: reward {reward}, loss {loss.item():.4f}")
