# code: TW009
# numbers: str
# about: the factory is given the network's state_dict(), whose keys are strings; it wants parameters()
import random
from collections import deque

import torch
import torch.nn as nn

random.seed(0)
torch.manual_seed(0)


def make_optimizer(params, kind="rmsprop", lr=5e-4):
    if kind == "rmsprop":
        return torch.optim.RMSprop(params, lr=lr, alpha=0.95)
    if kind == "adam":
        return torch.optim.Adam(params, lr=lr)
    raise ValueError(f"unknown optimizer {kind}")


class Corridor:
    """Walk right to the goal; left is a dead end."""

    def reset(self):
        self.place = 3
        return self.observe()

    def observe(self):
        return nn.functional.one_hot(torch.tensor(self.place), 8).float()

    def step(self, action):
        self.place = max(0, min(7, self.place + (1 if action else -1)))
        return self.observe(), float(self.place == 7), self.place in (0, 7)


def q_network():
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))


class Agent:
    def __init__(self, gamma=0.95):
        self.policy, self.target = q_network(), q_network()
        self.target.load_state_dict(self.policy.state_dict())
        self.optimizer = make_optimizer(self.policy.state_dict(), "rmsprop")  # <- culprit
        # mended: self.optimizer = make_optimizer(self.policy.parameters(), "rmsprop")
        self.memory = deque(maxlen=500)
        self.gamma = gamma

    def act(self, state, epsilon=0.3):
        if random.random() < epsilon:
            return random.randrange(2)
        with torch.no_grad():
            return int(self.policy(state).argmax())

    def learn(self, size=16):
        if len(self.memory) < size:
            return
        states, actions, rewards, nexts, dones = zip(*random.sample(self.memory, size))
        q = self.policy(torch.stack(states)).gather(1, torch.tensor(actions)[:, None]).squeeze(1)
        with torch.no_grad():
            best = self.target(torch.stack(nexts)).amax(1)
        wanted = torch.tensor(rewards) + self.gamma * best * (1 - torch.tensor(dones).float())
        loss = nn.functional.smooth_l1_loss(q, wanted)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


env, agent = Corridor(), Agent()
for episode in range(12):
    state, done, total = env.reset(), False, 0.0
    for _ in range(30):
        action = agent.act(state)
        following, reward, done = env.step(action)
        agent.memory.append((state, action, reward, following, done))
        agent.learn()
        state, total = following, total + reward
        if done:
            break
    print(f"episode {episode}: return {total}")
