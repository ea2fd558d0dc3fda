# code: TW201
# numbers: 12 4
# about: the agent sees the last three observations side by side (12 values), the Q-network was made for one (4)
import random
from collections import deque

import torch
import torch.nn.functional as F
from torch import nn, optim

random.seed(1)
torch.manual_seed(1)

HISTORY, GAMMA = 3, 0.95


class ToyCart:
    n_obs, n_actions = 4, 2

    def reset(self):
        self.state = torch.randn(self.n_obs) * 0.1
        self.steps = 0
        return self.state.clone()

    def step(self, action):
        push = 0.1 if action == 1 else -0.1
        self.state = 0.98 * self.state + push * torch.tensor([1.0, 0.5, -0.2, 0.1])
        self.steps += 1
        return self.state.clone(), 1.0 - self.state.abs().sum().item(), self.steps >= 15


class HistoryEnv:
    def __init__(self, env, length):
        self.env, self.frames = env, deque(maxlen=length)
        self.n_obs, self.n_actions = env.n_obs, env.n_actions  # <- culprit
        # mended: self.n_obs, self.n_actions = env.n_obs * length, env.n_actions

    def reset(self):
        first = self.env.reset()
        self.frames.extend([first] * self.frames.maxlen)
        return torch.cat(list(self.frames))

    def step(self, action):
        obs, reward, done = self.env.step(action)
        self.frames.append(obs)
        return torch.cat(list(self.frames)), reward, done


class QNet(nn.Module):
    def __init__(self, n_obs, n_actions):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_obs, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh())
        self.q = nn.Linear(32, n_actions)

    def forward(self, obs):
        return self.q(self.trunk(obs))


env = HistoryEnv(ToyCart(), HISTORY)
policy = QNet(env.n_obs, env.n_actions)  # <- or here
optimizer = optim.RMSprop(policy.parameters(), lr=1e-3)
memory = deque(maxlen=500)

for episode in range(3):
    obs, done = env.reset(), False
    while not done:
        if random.random() < 0.3:
            action = random.randrange(env.n_actions)
        else:
            action = policy(obs.unsqueeze(0)).argmax(1).item()
        nxt, reward, done = env.step(action)
        memory.append((obs, action, reward, nxt, float(done)))
        obs = nxt
    o, a, r, n, d = zip(*random.sample(memory, 12))
    with torch.no_grad():
        goal = torch.tensor(r) + GAMMA * (1 - torch.tensor(d)) * policy(torch.stack(n)).max(1).values
    q = policy(torch.stack(o)).gather(1, torch.tensor(a).unsqueeze(1)).squeeze(1)
    loss = F.smooth_l1_loss(q, goal)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(episode, loss.item())
