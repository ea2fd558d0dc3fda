# code: TW506
# numbers: -
# about: the loss is computed from rounded predictions (>= 0.5), a comparison has no gradient
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Cells(Dataset):
    """Blurry discs with a mask each."""

    def __init__(self, n, side=16):
        grid = torch.arange(side, dtype=torch.float32)
        self.samples = []
        for i in range(n):
            cy, cx = 4 + (i * 3) % 8, 4 + (i * 5) % 8
            distance = ((grid[:, None] - cy) ** 2 + (grid[None] - cx) ** 2).sqrt()
            mask = (distance < 3.5).float()[None]
            self.samples.append((torch.exp(-distance / 4)[None] + 0.1 * torch.rand(1, side, side), mask))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


def binarize(logits, threshold=0.5):
    return (logits.sigmoid() >= threshold).float()


class DiceLoss(nn.Module):
    def __init__(self, smooth=1.0):
        super().__init__()
        self.smooth = smooth

    def forward(self, logits, mask):
        pred = binarize(logits)  # <- culprit
        # mended: pred = logits.sigmoid()
        overlap = (pred * mask).sum(dim=(1, 2, 3))
        total = pred.sum(dim=(1, 2, 3)) + mask.sum(dim=(1, 2, 3))
        return (1 - (2 * overlap + self.smooth) / (total + self.smooth)).mean()


class SmallUNet(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU())
        self.down = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU())
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.dec = nn.Conv2d(3 * width, 1, 3, padding=1)

    def forward(self, img):
        e = self.enc(img)
        return self.dec(torch.cat([e, self.up(self.down(e))], dim=1))


torch.manual_seed(0)
net, criterion = SmallUNet(), DiceLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(2):
    score = 0.0
    for img, mask in DataLoader(Cells(24), batch_size=8, shuffle=True):
        logits = net(img)
        loss = criterion(logits, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        score += (binarize(logits.detach()) == mask).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.3f} pixels right {score / 3:.3f}")
