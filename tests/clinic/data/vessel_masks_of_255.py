# code: TW605
# numbers: 255
# about: the masks hold 0 and 255, BCELoss wants targets from 0 to 1
import numpy as np
import torch
import torch.nn as nn
import torch.utils.data as data


def draw_vessels(n, size=24, seed=0):
    rng = np.random.default_rng(seed)
    photos = rng.integers(60, 120, (n, size, size, 3), dtype=np.uint8)
    masks = np.zeros((n, size, size), dtype=np.uint8)
    for k in range(n):
        row, slope = rng.integers(4, size - 4), rng.uniform(-0.3, 0.3)
        for col in range(size):
            r = int(np.clip(row + slope * col, 0, size - 1))
            masks[k, r, col] = 255
            photos[k, r, col] = (200, 40, 40)
    return photos, masks


class Retina(data.Dataset):
    def __init__(self, photos, masks, flip=False):
        self.photos, self.masks, self.flip = photos, masks, flip

    def __len__(self):
        return len(self.photos)

    def __getitem__(self, i):
        photo = torch.from_numpy(self.photos[i]).permute(2, 0, 1).float() / 255
        mask = torch.from_numpy(self.masks[i]).unsqueeze(0).float()  # <- culprit
        # mended: mask = torch.from_numpy(self.masks[i]).unsqueeze(0).float() / 255
        if self.flip and torch.rand(()) < 0.5:
            photo, mask = photo.flip(-1), mask.flip(-1)
        return photo, mask


def double_conv(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1), nn.ReLU())


class SmallUNet(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.down1, self.down2 = double_conv(3, width), double_conv(width, 2 * width)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.merge = double_conv(3 * width, width)
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, photo):
        fine = self.down1(photo)
        coarse = self.down2(self.pool(fine))
        joined = torch.cat([fine, self.up(coarse)], dim=1)
        return torch.sigmoid(self.last(self.merge(joined)))


def dice(prob, mask):
    overlap = (prob * mask).sum()
    return (2 * overlap + 1) / (prob.sum() + mask.sum() + 1)


torch.manual_seed(0)
loader = data.DataLoader(Retina(*draw_vessels(12), flip=True), batch_size=4, shuffle=True)
unet = SmallUNet()
adam = torch.optim.Adam(unet.parameters(), lr=1e-3)
bce = nn.BCELoss()
for epoch in range(2):
    for photo, mask in loader:
        prob = unet(photo)
        loss = bce(prob, mask) + 1 - dice(prob, mask)
        adam.zero_grad()
        loss.backward()
        adam.step()
    print(f"epoch {epoch}: loss {loss.item():.3f}, dice {dice(prob, mask).item():.3f}")
