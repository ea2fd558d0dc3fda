# code: TW207
# numbers: 25 400
# about: Flatten(2) joins only height and width and leaves the 16 channels: rows of 25 values reach a layer for 400
import torch
from torch import nn
from torch.distributions import Categorical


class GridWorld:
    """Find the goal on a board; the agent sees walls, goal and itself as planes."""

    def __init__(self, size=5):
        self.size = size

    def reset(self):
        self.me, self.goal = torch.randint(self.size, (2,)), torch.randint(self.size, (2,))
        self.left = 10
        return self.look()

    def look(self):
        planes = torch.zeros(3, self.size, self.size)
        planes[0, 2, 1:3] = 1
        planes[1][tuple(self.goal)] = 1
        planes[2][tuple(self.me)] = 1
        return planes

    def step(self, action):
        move = torch.tensor([[0, 1], [0, -1], [1, 0], [-1, 0]])[action]
        self.me = (self.me + move).clamp(0, self.size - 1)
        self.left -= 1
        found = bool((self.me == self.goal).all())
        return self.look(), 1.0 if found else -0.05, found or self.left == 0


def board_encoder(planes, channels):
    return nn.Sequential(
        nn.Conv2d(planes, channels, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(channels, channels, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Flatten(2),  # <- culprit
        # mended: nn.Flatten(1),
    )


class ActorCritic(nn.Module):
    def __init__(self, size=5, channels=16, n_actions=4):
        super().__init__()
        self.encoder = board_encoder(3, channels)
        self.actor = nn.Linear(channels * size * size, n_actions)
        self.critic = nn.Linear(channels * size * size, 1)

    def forward(self, board):
        seen = self.encoder(board)
        return Categorical(logits=self.actor(seen)), self.critic(seen).squeeze(-1)


def play(env, agent):
    boards, actions, rewards, done = [], [], [], False
    board = env.reset()
    while not done:
        with torch.no_grad():
            policy, _ = agent(board[None])
        action = policy.sample().item()
        nxt, reward, done = env.step(action)
        boards.append(board), actions.append(action), rewards.append(reward)
        board = nxt
    return torch.stack(boards), torch.tensor(actions), rewards


torch.manual_seed(12)
world, agent = GridWorld(), ActorCritic()
optimizer = torch.optim.Adam(agent.parameters(), lr=2e-3)
for game in range(5):
    boards, actions, rewards = play(world, agent)
    returns = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
    policy, value = agent(boards)
    gain = returns - value
    loss = -(policy.log_prob(actions) * gain.detach()).mean() + 0.5 * gain.pow(2).mean()
    optimizer.zero_grad(), loss.backward(), optimizer.step()
    print(game, round(sum(rewards), 2))
