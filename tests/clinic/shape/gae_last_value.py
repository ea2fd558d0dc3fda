# code: TW209
# numbers: 64 65
# about: the values hold one more step than the rewards; the advantage needs values[:-1]
import torch
from torch import nn


class ValueNet(nn.Module):
    def __init__(self, n_obs):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_obs, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, obs):
        return self.body(obs).squeeze(-1)


def rollout(length=64, n_obs=6):
    obs = torch.randn(length + 1, n_obs)
    rewards = obs[1:, 0]
    return obs, rewards


def discounted(rewards, last, gamma=0.95):
    total, found = last, []
    for reward in reversed(rewards):
        total = reward + gamma * total
        found.append(total)
    return torch.stack(found[::-1])


def train_once(critic, optimizer):
    obs, rewards = rollout()
    values = critic(obs)
    targets = discounted(rewards, values[-1].detach())
    advantage = targets - values  # <- culprit
    # mended: advantage = targets - values[:-1]
    loss = advantage.pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


torch.manual_seed(0)
critic = ValueNet(6)
optimizer = torch.optim.Adam(critic.parameters())
for episode in range(3):
    print(train_once(critic, optimizer))
