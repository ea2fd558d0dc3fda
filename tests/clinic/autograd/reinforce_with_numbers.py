# code: TW506
# numbers: -
# about: the policy keeps the log probabilities as numbers (.item()), so the loss has no path to the weights
import random

import torch
from torch import nn, optim
from torch.distributions import Bernoulli


class Thermostat:
    def __init__(self, target=20.0):
        self.target = target

    def reset(self):
        self.degrees = random.uniform(15, 25)
        self.left = 12
        return self.state()

    def state(self):
        return torch.tensor([(self.degrees - self.target) / 5, self.left / 12])

    def step(self, heat):
        self.degrees += 1.0 if heat else -1.0
        self.left -= 1
        return self.state(), -abs(self.degrees - self.target), self.left == 0


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine = nn.Linear(2, 16)
        self.out = nn.Linear(16, 1)
        self.log_probs, self.rewards = [], []

    def forward(self, state):
        return self.out(torch.relu(self.affine(state)))

    def act(self, state):
        choice = Bernoulli(logits=self(state))
        heat = choice.sample()
        self.log_probs.append(choice.log_prob(heat).item())  # <- culprit
        # mended: self.log_probs.append(choice.log_prob(heat).squeeze())
        return bool(heat.item())

    def forget(self):
        self.log_probs.clear()
        self.rewards.clear()


def policy_loss(policy, gamma=0.9):
    future, weights = 0.0, []
    for reward in policy.rewards[::-1]:
        future = reward + gamma * future
        weights.insert(0, future)
    weights = torch.tensor(weights)
    weights = (weights - weights.mean()) / (weights.std() + 1e-6)
    terms = [-log_prob * weight for log_prob, weight in zip(policy.log_probs, weights)]
    return torch.stack(terms).sum()


def finish_episode(policy, optimizer):
    loss = policy_loss(policy)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    policy.forget()
    return loss.item()


random.seed(0)
torch.manual_seed(0)
env, policy = Thermostat(), Policy()
optimizer = optim.Adam(policy.parameters(), lr=1e-2)
for episode in range(5):
    state, done = env.reset(), False
    while not done:
        state, reward, done = env.step(policy.act(state))
        policy.rewards.append(reward)
    print("episode", episode, finish_episode(policy, optimizer))
