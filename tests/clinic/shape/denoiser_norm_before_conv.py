# code: TW205
# numbers: 16 32
# about: the norm was moved before the convolution but still counts its outputs: 32 instead of the 16 channels it gets
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

STEPS = 20
betas = torch.linspace(1e-3, 0.2, STEPS)
alpha_bar = torch.cumprod(1 - betas, dim=0)


class Blobs(Dataset):
    def __init__(self, n=32, size=12):
        grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).float()
        centres = torch.rand(n, 2, 1, 1) * size
        self.images = torch.exp(-((grid - centres) ** 2).sum(1, keepdim=True) / 6) * 2 - 1

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


class ResBlock(nn.Module):
    """Norm, activation, convolution; the time is added between."""

    def __init__(self, in_ch, out_ch, time_dim, groups=4):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, out_ch)  # <- culprit
        # mended: self.norm1 = nn.GroupNorm(groups, in_ch)
        self.conv1 = nn.Conv2d(in_ch, out_ch, 3, padding=1)
        self.time = nn.Linear(time_dim, out_ch)
        self.norm2 = nn.GroupNorm(groups, out_ch)
        self.conv2 = nn.Conv2d(out_ch, out_ch, 3, padding=1)
        self.skip = nn.Identity() if in_ch == out_ch else nn.Conv2d(in_ch, out_ch, 1)

    def forward(self, x, t):
        h = self.conv1(nn.functional.silu(self.norm1(x)))
        h = h + self.time(t)[:, :, None, None]
        h = self.conv2(nn.functional.silu(self.norm2(h)))
        return h + self.skip(x)


class Denoiser(nn.Module):
    def __init__(self, channels=(16, 16, 32), time_dim=24):
        super().__init__()
        self.time_embed = nn.Sequential(nn.Embedding(STEPS, time_dim), nn.Linear(time_dim, time_dim), nn.SiLU())
        self.inp = nn.Conv2d(1, channels[0], 3, padding=1)
        self.blocks = nn.ModuleList(ResBlock(a, b, time_dim) for a, b in zip(channels, channels[1:]))
        self.out = nn.Conv2d(channels[-1], 1, 1)

    def forward(self, noisy, step):
        t = self.time_embed(step)
        h = self.inp(noisy)
        for block in self.blocks:
            h = block(h, t)
        return self.out(h)


def diffusion_loss(model, clean):
    step = torch.randint(0, STEPS, (clean.size(0),))
    noise = torch.randn_like(clean)
    a = alpha_bar[step].view(-1, 1, 1, 1)
    return (model(a.sqrt() * clean + (1 - a).sqrt() * noise, step) - noise).pow(2).mean()


torch.manual_seed(17)
model = Denoiser()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for clean in DataLoader(Blobs(), batch_size=8, shuffle=True):
    optimizer.zero_grad()
    loss = diffusion_loss(model, clean)
    loss.backward()
    optimizer.step()
    print(float(loss))
