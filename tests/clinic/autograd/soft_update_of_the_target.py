# code: TW505
# numbers: -
# about: the soft update changes the target's parameters in place with autograd on; torch.no_grad() is missing
from copy import deepcopy

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Critic(nn.Module):
    def __init__(self, obs_dim, act_dim, hidden=32):
        super().__init__()
        self.q = nn.Sequential(
            nn.Linear(obs_dim + act_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 1),
        )

    def forward(self, obs, act):
        return self.q(torch.cat([obs, act], dim=-1)).squeeze(-1)


class Agent:
    def __init__(self, obs_dim, act_dim, tau=0.01, gamma=0.99):
        self.tau = tau
        self.gamma = gamma
        self.actor = nn.Sequential(nn.Linear(obs_dim, 32), nn.ReLU(), nn.Linear(32, act_dim), nn.Tanh())
        self.critic = Critic(obs_dim, act_dim)
        self.critic_target = deepcopy(self.critic)
        self.actor_opt = torch.optim.Adam(self.actor.parameters(), lr=1e-4)
        self.critic_opt = torch.optim.Adam(self.critic.parameters(), lr=1e-3)

    def update_target(self):  # <- culprit
        # mended: @torch.no_grad()
        # mended: def update_target(self):
        for slow, fast in zip(self.critic_target.parameters(), self.critic.parameters()):
            slow.mul_(1 - self.tau).add_(self.tau * fast)  # <- or here

    def learn(self, obs, act, reward, next_obs):
        with torch.no_grad():
            goal = reward + self.gamma * self.critic_target(next_obs, self.actor(next_obs))
        critic_loss = nn.functional.mse_loss(self.critic(obs, act), goal)
        self.critic_opt.zero_grad()
        critic_loss.backward()
        self.critic_opt.step()

        actor_loss = -self.critic(obs, self.actor(obs)).mean()
        self.actor_opt.zero_grad()
        actor_loss.backward()
        self.actor_opt.step()

        self.update_target()
        return critic_loss.item(), actor_loss.item()


def recorded_transitions(n, obs_dim, act_dim):
    obs = torch.randn(n, obs_dim)
    act = torch.empty(n, act_dim).uniform_(-1, 1)
    reward = -(obs[:, :act_dim] - act).square().sum(dim=1)
    return TensorDataset(obs, act, reward, obs + 0.1 * torch.randn(n, obs_dim))


def main():
    torch.manual_seed(0)
    agent = Agent(obs_dim=5, act_dim=2)
    loader = DataLoader(recorded_transitions(128, 5, 2), batch_size=32, shuffle=True)
    for epoch in range(2):
        losses = [agent.learn(*batch) for batch in loader]
        print(epoch, losses[-1])


if __name__ == "__main__":
    main()
