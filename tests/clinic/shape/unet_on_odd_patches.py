# code: TW219 TW210
# numbers: 24 25
# about: patches of 50 pixels halve to 25 and 12; upsampled again 12 gives 24 and can't be concatenated with 25
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

config = dict(
    patch=50,  # <- culprit
    # mended: patch=48,
    widths=[6, 12, 24],
    lr=1e-3,
    epochs=1,
    batch_size=4,
)


class CellPatches(Dataset):
    """Random patches of one large microscope image and its mask."""

    def __init__(self, patch, n=16):
        yy, xx = torch.meshgrid(torch.arange(160.0), torch.arange(160.0), indexing="ij")
        self.image = torch.sin(xx / 9) * torch.cos(yy / 7) + 0.1 * torch.randn(160, 160)
        self.mask = (self.image > 0.4).float()
        self.patch = patch
        self.corners = torch.randint(0, 160 - patch, (n, 2)).tolist()

    def __len__(self):
        return len(self.corners)

    def __getitem__(self, i):
        r, c = self.corners[i]
        window = (slice(r, r + self.patch), slice(c, c + self.patch))
        return self.image[window][None], self.mask[window][None]


def double_conv(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, 1, 1), nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1), nn.ReLU())


class UNet(nn.Module):
    def __init__(self, widths, n_out=1):
        super().__init__()
        self.down = nn.ModuleList(double_conv(a, b) for a, b in zip([1, *widths], widths))
        self.pool = nn.MaxPool2d(2)
        rev = widths[::-1]
        self.upsample = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in zip(rev, rev[1:]))
        self.up = nn.ModuleList(double_conv(2 * b, b) for b in rev[1:])
        self.final = nn.Conv2d(widths[0], n_out, 1)

    def forward(self, x):
        skips = []
        for level in self.down[:-1]:
            x = level(x)
            skips.append(x)
            x = self.pool(x)
        x = self.down[-1](x)
        for upsample, level, skip in zip(self.upsample, self.up, reversed(skips)):
            x = upsample(x)
            x = level(torch.cat([skip, x], dim=1))  # <- or here
        return self.final(x)


def dice(prob, mask, eps=1.0):
    overlap = (prob * mask).sum()
    return 1 - (2 * overlap + eps) / (prob.sum() + mask.sum() + eps)


torch.manual_seed(14)
loader = DataLoader(CellPatches(config["patch"]), batch_size=config["batch_size"], shuffle=True)
unet = UNet(config["widths"])
optimizer = torch.optim.Adam(unet.parameters(), lr=config["lr"])
for epoch in range(config["epochs"]):
    for image, mask in loader:
        optimizer.zero_grad()
        loss = dice(torch.sigmoid(unet(image)), mask)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: dice loss {loss.item():.4f}")
torch.save(unet.state_dict(), "unet.pt")
