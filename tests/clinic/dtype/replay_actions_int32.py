# code: TW411
# numbers: int32 int64
# about: the replay buffer keeps actions as int32, gathering along the actions wants int64
import random
from collections import deque
import torch
from torch import nn


class Replay:
    def __init__(self, size):
        self.items = deque(maxlen=size)

    def push(self, state, action, reward, following):
        self.items.append((state, action, reward, following))

    def draw(self, count):
        rows = random.sample(list(self.items), count)
        states = torch.stack([row[0] for row in rows])
        actions = torch.tensor([row[1] for row in rows], dtype=torch.int32)  # <- culprit
        # mended: actions = torch.tensor([row[1] for row in rows], dtype=torch.int64)
        rewards = torch.tensor([row[2] for row in rows])
        following = torch.stack([row[3] for row in rows])
        return states, actions, rewards, following


def q_net(n_obs=4, n_act=3):
    return nn.Sequential(nn.Linear(n_obs, 32), nn.ReLU(), nn.Linear(32, n_act))


def learn(net, target, batch, opt, gamma=0.97):
    states, actions, rewards, following = batch
    chosen = torch.take_along_dim(net(states), actions.unsqueeze(1), dim=1).squeeze(1)
    with torch.no_grad():
        wanted = rewards + gamma * target(following).max(1).values
    loss = nn.functional.smooth_l1_loss(chosen, wanted)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


random.seed(1)
torch.manual_seed(1)
memory = Replay(500)
for _ in range(100):
    memory.push(torch.randn(4), random.randrange(3), random.random(), torch.randn(4))
net, target = q_net(), q_net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(5):
    print(step, learn(net, target, memory.draw(32), opt))
