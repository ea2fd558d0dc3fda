# code: TW705
# numbers: scale Normal
# about: the policy's scale comes straight from a linear layer and can be negative
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.distributions import Normal


class Step(NamedTuple):
    log_prob: Tensor
    value: Tensor
    reward: Tensor


class Pendulum:
    """Many pendulums at once; upright and still is best."""

    def __init__(self, n: int) -> None:
        self.n = n

    def reset(self) -> Tensor:
        self.angle = torch.randn(self.n) * 0.5
        self.speed = torch.zeros(self.n)
        return self.state()

    def state(self) -> Tensor:
        return torch.stack([self.angle.cos(), self.angle.sin(), self.speed], dim=1)

    def step(self, torque: Tensor) -> tuple[Tensor, Tensor]:
        self.speed = 0.95 * self.speed + 0.1 * (self.angle.sin() + torque.clamp(-2, 2))
        self.angle = self.angle + 0.1 * self.speed
        return self.state(), -(self.angle**2 + 0.1 * self.speed**2)


class ActorCritic(nn.Module):
    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.loc = nn.Linear(hidden, 1)
        self.scale = nn.Linear(hidden, 1)
        self.value = nn.Linear(hidden, 1)

    def forward(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.body(state)
        loc, scale = self.loc(h).squeeze(1), self.scale(h).squeeze(1)  # <- culprit
        # mended: loc, scale = self.loc(h).squeeze(1), nn.functional.softplus(self.scale(h).squeeze(1)) + 1e-3
        return loc, scale, self.value(h).squeeze(1)


def rollout(net: ActorCritic, env: Pendulum, length: int) -> list[Step]:
    state, steps = env.reset(), []
    for _ in range(length):
        loc, scale, value = net(state)
        policy = Normal(loc, scale)
        action = policy.sample()
        state, reward = env.step(action)
        steps.append(Step(policy.log_prob(action), value, reward))
    return steps


def loss_of(steps: list[Step], gamma: float = 0.9) -> Tensor:
    ret = torch.zeros_like(steps[-1].reward)
    loss = torch.zeros(())
    for step in reversed(steps):
        ret = step.reward + gamma * ret
        advantage = ret - step.value
        loss = loss - (step.log_prob * advantage.detach()).mean() + 0.5 * advantage.square().mean()
    return loss / len(steps)


torch.manual_seed(3)
net, env = ActorCritic(), Pendulum(16)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for iteration in range(6):
    steps = rollout(net, env, 10)
    loss = loss_of(steps)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    optimizer.step()
    print(iteration, f"{torch.stack([s.reward for s in steps]).mean():.3f}")
