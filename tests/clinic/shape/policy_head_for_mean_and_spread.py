# code: TW201
# numbers: 8 16
# about: the policy's last layer gives one number per action, but it is chunked into mean and log_std; it must give 2 * n_actions
import torch
from torch import nn


class Policy(nn.Module):
    def __init__(self, n_obs, n_actions, hidden=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(n_obs, hidden), nn.Tanh(),
            nn.Linear(hidden, n_actions),  # <- culprit
            # mended: nn.Linear(hidden, 2 * n_actions),
        )

    def forward(self, obs):
        mean, log_std = torch.chunk(self.net(obs), 2, dim=-1)
        return mean + torch.randn_like(mean) * log_std.clamp(-5, 1).exp()


class Critic(nn.Module):
    def __init__(self, n_obs, n_actions):
        super().__init__()
        self.actions = nn.Linear(n_actions, 32)
        self.state = nn.Linear(n_obs, 32)
        self.value = nn.Linear(32, 1)

    def forward(self, obs, action):
        return self.value(torch.relu(self.state(obs) + self.actions(action)))


torch.manual_seed(0)
policy, critic = Policy(11, 16), Critic(11, 16)
opt = torch.optim.Adam(policy.parameters(), 1e-3)
for _ in range(3):
    obs = torch.randn(40, 11)
    loss = -critic(obs, policy(obs)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
