# code: TW705
# numbers: -
# about: action_weights returns preferences divided by a temperature, not probabilities; softmax is missing there
import torch
from torch import nn


class Policy(nn.Module):
    def __init__(self, n_obs=5, n_actions=4):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_obs, 16), nn.Tanh(), nn.Linear(16, n_actions))

    def forward(self, obs):
        return self.net(obs)


def action_weights(policy, obs, temperature):
    preferences = policy(obs)
    return preferences / temperature  # <- culprit
    # mended: return (preferences / temperature).softmax(-1)


def choose(policy, obs, temperature=0.5):
    weights = action_weights(policy, obs, temperature)
    return torch.multinomial(weights, 1).squeeze(-1)


def episode(policy, steps=10):
    obs, rewards = torch.randn(3, 5), []
    for _ in range(steps):
        action = choose(policy, obs)
        rewards.append((action == obs.argmax(1).clamp(max=3)).float().mean().item())
        obs = obs + 0.1 * torch.randn_like(obs)
    return sum(rewards)


torch.manual_seed(0)
print(episode(Policy()))
