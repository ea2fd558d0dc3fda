# code: TW209
# numbers: 10 16
# about: one time per sample, (10,), is multiplied with images (10, 3, 16, 16); view it as (10, 1, 1, 1)
import torch
from torch import nn


class Velocity(nn.Module):
    def __init__(self, channels=3, width=8):
        super().__init__()
        self.time = nn.Linear(1, width)
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.last = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x, t):
        hidden = self.first(x) + self.time(t.unsqueeze(-1))[:, :, None, None]
        return self.last(torch.relu(hidden))


def broadcast_time(t, like):
    """t, to be multiplied with something of the shape of `like`."""
    return t.to(like.dtype)  # <- culprit
    # mended: return t.to(like.dtype).view(-1, *[1] * (like.dim() - 1))


def interpolate(start, end, t):
    s = broadcast_time(t, start)
    return (1 - s) * start + s * end


def training_step(net, images):
    noise = torch.randn_like(images)
    t = torch.rand(images.shape[0])
    moved = interpolate(noise, images, t)
    return (net(moved, t) - (images - noise)).square().mean()


def main():
    torch.manual_seed(3)
    net = Velocity()
    optim = torch.optim.Adam(net.parameters(), lr=1e-3)
    galaxies = torch.rand(40, 3, 16, 16)
    for batch in galaxies.split(10):
        loss = training_step(net, batch)
        optim.zero_grad()
        loss.backward()
        optim.step()
        print(loss.item())


main()
