# code: TW504
# numbers: -
# about: the writer's loss takes the verdict that the critic gave before its own step; the melodies must be judged anew
import torch
from torch import nn

torch.manual_seed(0)
writer = nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 16), nn.Tanh())
critic = nn.Sequential(nn.Linear(16, 20), nn.LeakyReLU(0.2), nn.Linear(20, 1))
criterion = nn.BCEWithLogitsLoss()
writer_optimizer = torch.optim.Adam(writer.parameters(), lr=1e-3)
critic_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)


def melodies(count):
    phase = torch.rand(count, 1) * 6
    return torch.sin(torch.linspace(0, 6, 16) + phase)


for step in range(4):
    real = melodies(8)
    composed = writer(torch.randn(8, 6))

    verdict_real = critic(real)

    critic_optimizer.zero_grad()

    verdict = critic(composed)
    critic_loss = criterion(verdict_real, torch.ones(8, 1)) + criterion(verdict, torch.zeros(8, 1))
    critic_loss.backward(retain_graph=True)
    critic_optimizer.step()

    writer_optimizer.zero_grad()
    writer_loss = criterion(verdict, torch.ones(8, 1))  # <- culprit
    # mended: writer_loss = criterion(critic(composed), torch.ones(8, 1))
    writer_loss.backward()
    writer_optimizer.step()
    print(step, critic_loss.item(), writer_loss.item())
