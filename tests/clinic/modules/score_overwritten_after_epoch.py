# code: TW014
# numbers: score float
# about: the function score is overwritten by the epoch's mean, a float, which the second epoch calls
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(12)


class Blobs(Dataset):
    """Images with bright blobs, and their masks."""

    def __init__(self, n=24, size=16):
        yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
        centres = torch.randint(3, size - 3, (n, 2))
        self.masks = torch.stack([((yy - y) ** 2 + (xx - x) ** 2 < 9).float() for y, x in centres.tolist()])
        self.scans = self.masks + 0.3 * torch.randn_like(self.masks)

    def __len__(self):
        return len(self.scans)

    def __getitem__(self, i):
        return self.scans[i][None], self.masks[i][None]


class Segmenter(nn.Module):
    def __init__(self, c=8):
        super().__init__()
        self.inc = nn.Conv2d(1, c, 3, padding=1)
        self.down = nn.Conv2d(c, 2 * c, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(2 * c, c, 2, stride=2)
        self.outc = nn.Conv2d(2 * c, 1, 1)

    def forward(self, scan):
        a = F.relu(self.inc(scan))
        b = F.relu(self.up(F.relu(self.down(a))))
        return self.outc(torch.cat([a, b], dim=1))


def score(logits, mask, eps=1e-6):
    """The Dice coefficient."""
    predicted = (logits > 0).float()
    return (2 * (predicted * mask).sum() + eps) / (predicted.sum() + mask.sum() + eps)


train_set, val_set = Blobs(), Blobs(12)
train_loader = DataLoader(train_set, batch_size=8, shuffle=True)
val_loader = DataLoader(val_set, batch_size=6)
model = Segmenter()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
history = []

for epoch in range(3):
    model.train()
    for scan, mask in train_loader:
        loss = F.binary_cross_entropy_with_logits(model(scan), mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    model.eval()
    dice = []
    with torch.no_grad():
        for scan, mask in val_loader:
            dice.append(score(model(scan), mask).item())
    score = sum(dice) / len(dice)  # <- culprit # -
    history.append(score)  # -
    # mended: mean_dice = sum(dice) / len(dice)
    # mended: history.append(mean_dice)
    print(f"epoch {epoch}: loss {loss.item():.3f} dice {history[-1]:.3f}")
