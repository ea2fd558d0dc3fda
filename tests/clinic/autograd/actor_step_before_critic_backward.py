# code: TW504 TW503
# numbers: -
# about: the actor's optimizer changes the shared trunk between the forward pass and the critic's backward
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(7)
GAMMA = 0.95


class Corridor:
    """Walk right to the end of a corridor; going left costs time."""

    def __init__(self, length=6):
        self.length = length

    def reset(self):
        self.position, self.time = 0, 0
        return self.observe()

    def observe(self):
        obs = torch.zeros(self.length + 1)
        obs[self.position] = 1.0
        return obs

    def step(self, action):
        self.position = max(0, self.position + (1 if action == 1 else -1))
        self.time += 1
        done = self.position >= self.length or self.time >= 15
        return self.observe(), (1.0 if self.position >= self.length else -0.02), done


class ActorCritic(nn.Module):
    def __init__(self, n_obs, n_actions, hidden=16):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_obs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.actor = nn.Linear(hidden, n_actions)
        self.critic = nn.Linear(hidden, 1)

    def forward(self, obs):
        h = self.trunk(obs)
        return Categorical(logits=self.actor(h)), self.critic(h).squeeze(-1)


def returns_of(rewards):
    total, returns = 0.0, []
    for reward in reversed(rewards):
        total = reward + GAMMA * total
        returns.append(total)
    return torch.tensor(returns[::-1])


def play(env, net):
    obs, done = env.reset(), False
    log_probs, values, rewards = [], [], []
    while not done:
        policy, value = net(obs)
        action = policy.sample()
        obs, reward, done = env.step(action.item())
        log_probs.append(policy.log_prob(action))
        values.append(value)
        rewards.append(reward)
    return torch.stack(log_probs), torch.stack(values), returns_of(rewards)


env = Corridor()
net = ActorCritic(env.length + 1, 2)
actor_opt = torch.optim.Adam([*net.trunk.parameters(), *net.actor.parameters()], lr=5e-3)
critic_opt = torch.optim.Adam(net.critic.parameters(), lr=1e-2)
for episode in range(6):
    log_probs, values, returns = play(env, net)
    actor_loss = -(log_probs * (returns - values.detach())).mean()
    critic_loss = nn.functional.mse_loss(values, returns)
    actor_opt.zero_grad()
    critic_opt.zero_grad()
    actor_loss.backward(retain_graph=True)
    actor_opt.step()  # <- culprit
    # mended:
    critic_loss.backward()
    critic_opt.step()
    # mended: actor_opt.step()
    # mended: critic_opt.step()
    print(f"episode {episode}: return {returns[0]:.2f}, {len(returns)} steps")
