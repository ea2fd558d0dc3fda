"""A2C: advantages are detached, the returns are made by hand, entropy is added; PPO-like clipped ratios."""
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(0)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(5, 32), nn.Tanh())
        self.pi, self.v = nn.Linear(32, 3), nn.Linear(32, 1)

    def forward(self, x):
        h = self.body(x)
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(-1)


net = ActorCritic()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-4)
for update in range(4):
    observations, logps, rewards, actions = [], [], [], []
    state = torch.zeros(5)
    for t in range(16):
        with torch.no_grad():
            pi, _ = net(state)
            action = pi.sample()
        observations.append(state), actions.append(action), logps.append(pi.log_prob(action))
        rewards.append(float(action == 1))
        state = torch.randn(5)
    returns, running = [], 0.0
    for r in reversed(rewards):
        running = r + 0.95 * running
        returns.insert(0, running)
    returns = torch.tensor(returns)
    obs, acts, old = torch.stack(observations), torch.stack(actions), torch.stack(logps)
    for _ in range(2):
        pi, values = net(obs)
        advantage = (returns - values).detach()
        ratio = (pi.log_prob(acts) - old).exp()
        policy_loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()
        loss = policy_loss + 0.5 * (returns - values).pow(2).mean() - 0.01 * pi.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
