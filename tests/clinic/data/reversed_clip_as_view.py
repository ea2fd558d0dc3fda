# code: TW624
# numbers: -
# about: playing the clip backwards with [::-1] gives a NumPy view with negative strides, which torch can't take
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def backwards(clip):
    return clip[::-1]  # <- culprit
    # mended: return clip[::-1].copy()


def brighter(clip):
    return np.clip(clip * 1.2, 0, 1)


def unchanged(clip):
    return clip


class Clips(Dataset):
    """Moving dots; the label says whether they move to the left or to the right."""

    changes = [unchanged, brighter, backwards]

    def __init__(self, n=30, frames=6, size=12, train=True):
        rng = np.random.default_rng(1 if train else 2)
        self.train = train
        self.labels = rng.integers(0, 2, n)
        self.clips = np.zeros((n, frames, size, size), np.float32)
        for clip, label in zip(self.clips, self.labels):
            row, column = rng.integers(0, size, 2)
            for t in range(frames):
                shift = t if label else -t
                clip[t, row, (column + shift) % size] = 0.8

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, i):
        clip, label = self.clips[i], self.labels[i]
        if self.train:
            change = self.changes[i % len(self.changes)]
            clip = change(clip)
            label = 1 - label if change is backwards else label
        return torch.from_numpy(clip).unsqueeze(0), torch.tensor(label)  # <- or here


class MotionNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(1, 8, kernel_size=3, padding=1)
        self.pool = nn.AdaptiveAvgPool3d((3, 2, 2))
        self.fc = nn.Linear(8 * 12, 2)

    def forward(self, clip):
        return self.fc(self.pool(torch.relu(self.conv(clip))).flatten(1))


torch.manual_seed(0)
model = MotionNet()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for clip, label in DataLoader(Clips(), batch_size=6):
    loss = nn.functional.cross_entropy(model(clip), label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.3f}")

model.eval()
with torch.no_grad():
    hits = [(model(clip).argmax(1) == label).float().mean() for clip, label in DataLoader(Clips(12, train=False), 6)]
print("validation", torch.stack(hits).mean().item())
