# code: TW621
# numbers: augment NoneType
# about: __getitem__ returns only inside `if self.augment`, so without augmentation (validation) a sample is None
import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class HeartBeats(Dataset):
    def __init__(self, beats, kinds, augment=False):
        self.beats = beats
        self.kinds = kinds
        self.augment = augment

    def __len__(self):
        return len(self.beats)

    def __getitem__(self, item):
        beat, kind = self.beats[item], self.kinds[item]
        beat = (beat - beat.mean()) / (beat.std() + 1e-6)
        if self.augment:  # -
            beat = beat * (1 + 0.1 * torch.randn(1)) + 0.02 * torch.randn_like(beat)  # -
            return beat.unsqueeze(0), kind  # <- culprit # -
        # mended: if self.augment:
        # mended:     beat = beat * (1 + 0.1 * torch.randn(1)) + 0.02 * torch.randn_like(beat)
        # mended: return beat.unsqueeze(0), kind


def record(n):
    t = torch.linspace(-1, 1, 60)
    kinds = torch.arange(n) % 3
    width = 0.05 + 0.1 * kinds.float().unsqueeze(1)
    beats = torch.exp(-((t + 0.2 * torch.rand(n, 1)) ** 2) / width**2) + 0.1 * torch.sin(math.pi * t)
    return beats, kinds


class BeatNet(nn.Module):
    def __init__(self, kinds: int = 3):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 8, 7, padding=3), nn.ReLU(), nn.AvgPool1d(4), nn.Conv1d(8, 16, 5), nn.ReLU()
        )
        self.classify = nn.LazyLinear(kinds)

    def forward(self, beat):
        return self.classify(self.features(beat).flatten(1))


def evaluate(model, loader):
    model.eval()
    right = seen = 0
    with torch.inference_mode():
        for beat, kind in loader:
            right += (model(beat).argmax(-1) == kind).sum().item()
            seen += len(kind)
    return right / seen


torch.manual_seed(0)
beats, kinds = record(60)
train_data = HeartBeats(beats[:45], kinds[:45], augment=True)
val_data = HeartBeats(beats[45:], kinds[45:])
train_loader = DataLoader(train_data, batch_size=15, shuffle=True)
val_loader = DataLoader(val_data, batch_size=5)

model = BeatNet()
model(train_data[0][0].unsqueeze(0))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(2):
    model.train()
    for beat, kind in train_loader:
        loss = nn.functional.cross_entropy(model(beat), kind)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, f"{loss.item():.3f}", f"val accuracy {evaluate(model, val_loader):.2f}")
