"""DQN with a target network, a replay buffer and epsilon-greedy actions."""
import random
from collections import deque

import torch
from torch import nn
import torch.nn.functional as F


def net():
    return nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))


policy, target = net(), net()
target.load_state_dict(policy.state_dict())
target.eval()
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
memory = deque(maxlen=500)
state = torch.zeros(4)
for step in range(60):
    with torch.no_grad():
        action = policy(state[None]).argmax(1).item() if random.random() > 0.3 else random.randrange(2)
    following, reward = torch.randn(4), float(action)
    memory.append((state, action, reward, following, step % 20 == 19))
    state = following
    if len(memory) < 32:
        continue
    states, actions, rewards, nexts, dones = zip(*random.sample(memory, 16))
    q = policy(torch.stack(states)).gather(1, torch.tensor(actions)[:, None]).squeeze(1)
    with torch.no_grad():
        best = target(torch.stack(nexts)).max(1).values
    wanted = torch.tensor(rewards) + 0.99 * best * (1 - torch.tensor(dones).float())
    loss = F.smooth_l1_loss(q, wanted)
    optimizer.zero_grad()
    loss.backward()
    for p in policy.parameters():
        p.grad.data.clamp_(-1, 1)
    optimizer.step()
    if step % 10 == 0:
        target.load_state_dict(policy.state_dict())
