# code: TW215
# numbers: 1 8
# about: the first hidden state is (batch, layers, hidden); batch_first doesn't apply to the state
import copy

import torch
from torch import nn


class RecurrentQ(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 16, layers: int = 1):
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.embed = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU())
        self.lstm = nn.LSTM(hidden, hidden, num_layers=layers, batch_first=True)
        self.advantage = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def initial_state(self, batch: int):
        h = torch.zeros(batch, self.layers, self.hidden)  # <- culprit
        # mended: h = torch.zeros(self.layers, batch, self.hidden)
        return h, torch.zeros_like(h)

    def forward(self, obs, state=None):
        if state is None:
            state = self.initial_state(obs.size(0))
        out, state = self.lstm(self.embed(obs), state)
        adv = self.advantage(out)
        return self.value(out) + adv - adv.mean(-1, keepdim=True), state


class EpisodeBuffer:
    def __init__(self, episodes: int, length: int, obs_dim: int, n_actions: int):
        self.obs = torch.randn(episodes, length + 1, obs_dim)
        self.actions = torch.randint(0, n_actions, (episodes, length))
        self.rewards = torch.rand(episodes, length)

    def sample(self, batch: int):
        i = torch.randint(0, len(self.obs), (batch,))
        return self.obs[i], self.actions[i], self.rewards[i]


class Learner:
    def __init__(self, net: RecurrentQ, gamma: float = 0.95):
        self.net, self.gamma = net, gamma
        self.target = copy.deepcopy(net).requires_grad_(False)
        self.opt = torch.optim.Adam(net.parameters(), lr=1e-3)

    def update(self, obs, actions, rewards):
        q, _ = self.net(obs[:, :-1])
        q = q.gather(-1, actions.unsqueeze(-1)).squeeze(-1)
        with torch.no_grad():
            after, _ = self.target(obs[:, 1:])
            goal = rewards + self.gamma * after.max(-1).values
        loss = nn.functional.smooth_l1_loss(q, goal)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


torch.manual_seed(44)
buffer = EpisodeBuffer(episodes=30, length=9, obs_dim=5, n_actions=4)
learner = Learner(RecurrentQ(5, 4))
for update in range(6):
    loss = learner.update(*buffer.sample(8))
    if update % 3 == 0:
        learner.target.load_state_dict(learner.net.state_dict())
    print(f"update {update}: td loss {loss:.4f}")
