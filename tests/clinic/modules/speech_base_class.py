# code: TW001
# numbers: BaseEncoder
# about: BaseEncoder does not call super().__init__(), so the subclass's layers can't be registered
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Tones(Dataset):
    """Short clips of one of four notes."""

    def __init__(self, n_clips=48, n_samples=400):
        generator = torch.Generator().manual_seed(11)
        self.notes = torch.randint(0, 4, (n_clips,), generator=generator)
        t = torch.linspace(0, 1, n_samples)
        self.clips = torch.stack([torch.sin(2 * math.pi * (20 + 15 * note) * t) for note in self.notes.tolist()])

    def __len__(self):
        return len(self.notes)

    def __getitem__(self, i):
        return self.clips[i].unsqueeze(0), self.notes[i]


class BaseEncoder(nn.Module):
    def __init__(self, dim, name="encoder"):  # <- culprit
        # mended: def __init__(self, dim, name="encoder"):
        # mended:     super().__init__()
        self.dim = dim
        self.name = name

    def describe(self):
        return f"{self.name} with {self.dim} features"


class WaveEncoder(BaseEncoder):
    def __init__(self, dim, kernel=9):
        super().__init__(dim, name="wave")
        self.conv1 = nn.Conv1d(1, 16, kernel, stride=4)
        self.conv2 = nn.Conv1d(16, dim, kernel, stride=4)

    def forward(self, wave):
        h = F.gelu(self.conv1(wave))
        return F.gelu(self.conv2(h)).mean(-1)


class NoteClassifier(nn.Module):
    def __init__(self, encoder, n_notes):
        super().__init__()
        self.encoder = encoder
        self.out = nn.Linear(encoder.dim, n_notes)

    def forward(self, wave):
        return self.out(self.encoder(wave))


def main():
    torch.manual_seed(0)
    loader = DataLoader(Tones(), batch_size=12, shuffle=True)
    net = NoteClassifier(WaveEncoder(24), 4)
    print(net.encoder.describe())
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for epoch in range(3):
        for wave, note in loader:
            loss = F.cross_entropy(net(wave), note)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(epoch, round(loss.item(), 3))


if __name__ == "__main__":
    main()
