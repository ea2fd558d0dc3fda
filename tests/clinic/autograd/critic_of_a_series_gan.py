# code: TW501
# numbers: fake
# about: the critic's loss in the trainer goes through the generator
import torch
from torch import nn


class Critic(nn.Module):
    def __init__(self, size=10):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(size, 32), nn.SiLU(), nn.Linear(32, 1))

    def forward(self, series):
        return self.body(series).flatten()


class SeriesGan:
    def __init__(self, size=10, noise=4):
        self.noise = noise
        self.generator = nn.Sequential(nn.Linear(noise, 32), nn.Tanh(), nn.Linear(32, size))
        self.critic = Critic(size)
        self.g_opt = torch.optim.RMSprop(self.generator.parameters(), 1e-4)
        self.c_opt = torch.optim.RMSprop(self.critic.parameters(), 1e-4)

    def sample(self, n):
        return self.generator(torch.randn(n, self.noise))

    def critic_loss(self, real, made):
        return self.critic(made).mean() - self.critic(real).mean()  # <- culprit
        # mended: return self.critic(made.detach()).mean() - self.critic(real).mean()

    def generator_loss(self, made):
        return -self.critic(made).mean()

    def step(self, real):
        fake = self.sample(len(real))
        self.c_opt.zero_grad()
        c = self.critic_loss(real, fake)  # <- or here
        c.backward()
        self.c_opt.step()
        self.g_opt.zero_grad()
        g = self.generator_loss(fake)
        g.backward()
        self.g_opt.step()
        return c.item(), g.item()


gan = SeriesGan()
for i in range(3):
    t = torch.linspace(0, 6, 10) + torch.rand(16, 1) * 6
    print(gan.step(torch.sin(t)))
