# code: TW401
# numbers: float64 float32
# about: the replay buffer hands out the observations as the environment made them, in float64
import random
from collections import deque, namedtuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

Transition = namedtuple("Transition", "obs action reward next_obs done")


class CartEnv:
    """A toy cart: push left or right, stay near the middle."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def reset(self):
        self.state = self.rng.uniform(-0.05, 0.05, size=4)
        return self.state

    def step(self, action):
        force = 1.0 if action == 1 else -1.0
        self.state = self.state + np.array([0.02 * self.state[1], 0.02 * force, 0.02 * self.state[3], -0.03 * force])
        done = bool(abs(self.state[0]) > 0.3 or abs(self.state[2]) > 0.2)
        return self.state, 1.0, done


class ReplayBuffer:
    def __init__(self, capacity):
        self.memory = deque(maxlen=capacity)

    def push(self, *values):
        self.memory.append(Transition(*values))

    def sample(self, n):
        batch = Transition(*zip(*random.sample(self.memory, n)))
        return (
            torch.from_numpy(np.stack(batch.obs)),  # <- culprit
            # mended: torch.from_numpy(np.stack(batch.obs)).float(),
            torch.tensor(batch.action),
            torch.tensor(batch.reward),
            torch.tensor(np.stack(batch.next_obs), dtype=torch.float32),
            torch.tensor(batch.done).float(),
        )


class QNet(nn.Module):
    def __init__(self, n_obs=4, n_actions=2, width=24):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_obs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.value, self.advantage = nn.Linear(width, 1), nn.Linear(width, n_actions)

    def forward(self, obs):
        h = self.trunk(obs)
        a = self.advantage(h)
        return self.value(h) + a - a.mean(dim=-1, keepdim=True)


random.seed(1)
torch.manual_seed(1)
env, buffer, gamma = CartEnv(), ReplayBuffer(500), 0.98
q, target = QNet(), QNet()
target.load_state_dict(q.state_dict())
opt = torch.optim.RMSprop(q.parameters(), lr=1e-3)
obs = env.reset()
for t in range(60):
    action = random.randrange(2)
    next_obs, reward, done = env.step(action)
    buffer.push(obs, action, reward, next_obs, done)
    obs = env.reset() if done else next_obs
    if len(buffer.memory) < 32:
        continue
    s, a, r, s2, d = buffer.sample(16)
    with torch.no_grad():
        goal = r + gamma * (1 - d) * target(s2).max(dim=1).values
    chosen = q(s).gather(1, a[:, None]).squeeze(1)
    loss = F.smooth_l1_loss(chosen, goal)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("finished, last loss", float(loss))
