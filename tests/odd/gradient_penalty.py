# about: gradients of gradients with create_graph, an input made to require grad, two backwards through one critic
import torch
from torch import autograd, nn


class Critic(nn.Module):
    def __init__(self, channels=1):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(channels, 8, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 16, 3, 2, 1), nn.LeakyReLU(0.2)
        )
        self.score = nn.Linear(16 * 2 * 2, 1)

    def forward(self, img):
        return self.score(self.conv(img).flatten(1)).view(-1)


def penalty(critic, real, fake):
    eps = torch.rand(real.size(0), 1, 1, 1)
    mixed = (eps * real + (1 - eps) * fake).requires_grad_()
    scores = critic(mixed)
    (grad,) = autograd.grad(scores, mixed, grad_outputs=torch.ones_like(scores), create_graph=True)
    return ((grad.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def critic_step(critic, generator, opt, real):
    with torch.no_grad():
        fake = generator(torch.randn(real.shape[0], 10)).view_as(real)
    opt.zero_grad()
    wasserstein = critic(fake).mean() - critic(real).mean()
    wasserstein.backward()
    gp = penalty(critic, real, fake)
    (10.0 * gp).backward()  # a graph of its own; adds to the gradients of the first backward
    opt.step()
    return wasserstein.item(), gp.item()


if __name__ == "__main__":
    torch.manual_seed(2)
    critic = Critic()
    generator = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 64), nn.Tanh())
    opt_c = torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.0, 0.9))
    opt_g = torch.optim.Adam(generator.parameters(), 1e-3, betas=(0.0, 0.9))
    for it in range(10):
        w, gp = critic_step(critic, generator, opt_c, torch.rand(16, 1, 8, 8))
        if it % 3 == 2:
            opt_g.zero_grad()
            (-critic(generator(torch.randn(16, 10)).view(16, 1, 8, 8)).mean()).backward()
            opt_g.step()
    print(f"w {w:.3f} gp {gp:.3f}")
