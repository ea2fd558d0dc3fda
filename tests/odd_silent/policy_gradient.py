"""REINFORCE: log-probabilities collected over an episode, one backward an episode."""
import torch
from torch import nn

policy = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2), nn.Softmax(dim=-1))
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
for episode in range(5):
    logs, rewards = [], []
    state = torch.zeros(3)
    for t in range(10):
        m = torch.distributions.Categorical(policy(state))
        action = m.sample()
        logs.append(m.log_prob(action))
        rewards.append(action.item() + 0.1 * t)
        state = torch.randn(3)
    returns = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    loss = -(torch.stack(logs) * returns).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
