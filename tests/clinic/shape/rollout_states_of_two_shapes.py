# code: TW210
# numbers: 3 1
# about: the first state of an episode is (3,), those after each step are (1, 3) because of unsqueeze
import math

import torch
from torch import nn
from torch.distributions import Categorical


class Pendulum:
    """A swinging pole with three pushes: left, none, right."""

    def reset(self):
        self.angle, self.speed, self.t = 0.1 * torch.randn(()).item(), 0.0, 0
        return self._observe()

    def _observe(self):
        return torch.tensor([math.cos(self.angle), math.sin(self.angle), self.speed])

    def step(self, action):
        self.speed += 0.1 * (action - 1) + 0.05 * math.sin(self.angle)
        self.angle += 0.1 * self.speed
        self.t += 1
        return self._observe(), math.cos(self.angle), self.t >= 15


class ActorCritic(nn.Module):
    def __init__(self, obs_dim=3, actions=3, hidden=32):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.actor = nn.Linear(hidden, actions)
        self.critic = nn.Linear(hidden, 1)

    def forward(self, obs):
        z = self.trunk(obs)
        return Categorical(logits=self.actor(z)), self.critic(z).squeeze(-1)


def collect(env, agent):
    states, actions, rewards = [], [], []
    state, done = env.reset(), False
    while not done:
        with torch.no_grad():
            dist, _ = agent(state)
        action = dist.sample()
        states.append(state)
        actions.append(action.reshape(()))
        observed, reward, done = env.step(action.item())
        rewards.append(reward)
        state = observed.unsqueeze(0)  # <- culprit
        # mended: state = observed
    return torch.stack(states), torch.stack(actions), rewards


def discounted(rewards, gamma=0.97):
    total, out = 0.0, []
    for r in reversed(rewards):
        total = r + gamma * total
        out.append(total)
    return torch.tensor(out[::-1])


torch.manual_seed(2)
env, agent = Pendulum(), ActorCritic()
optimizer = torch.optim.Adam(agent.parameters(), lr=7e-4)
for episode in range(4):
    states, actions, rewards = collect(env, agent)
    returns = discounted(rewards)
    dist, value = agent(states)
    advantage = (returns - value).detach()
    loss = -(dist.log_prob(actions) * advantage).mean() + 0.5 * (returns - value).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"episode {episode}: return {sum(rewards):.2f}")
