# code: TW204
# numbers: 4 3
# about: the loop adds a channel that the beats have already: (10, 1, 1, 90) has 4 dimensions, Conv1d takes 3
import math

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

CLASSES = ("normal", "early", "paced")


class Beats(Dataset):
    def __init__(self, per_class, length=90):
        self.items = []
        for c in range(len(CLASSES)):
            for _ in range(per_class):
                centre = length / 2 + torch.randn(()).item() * 3
                t = torch.arange(length, dtype=torch.float32)
                beat = torch.exp(-((t - centre) ** 2) / (10 + 20 * c)) + 0.05 * torch.randn(length)
                self.items.append((beat[None], c))  # <- or here

    def __len__(self):
        return len(self.items)

    def __getitem__(self, k):
        return self.items[k]


def collate_beats(items):
    beats, labels = [], []
    for beat, label in items:
        gain = 1.0 + 0.1 * math.sin(label)
        beats.append(beat * gain)
        labels.append(label)
    return torch.stack(beats), torch.tensor(labels)


class BeatNet(nn.Sequential):
    def __init__(self, width=8):
        super().__init__(
            nn.Conv1d(1, width, 7, stride=2, padding=3),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, 2 * width, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
            nn.Linear(2 * width, len(CLASSES)),
        )


def train(model, loader, epochs=2):
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        epoch_loss = 0
        for signals, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(signals.unsqueeze(1)), labels)  # <- culprit
            # mended: loss = criterion(model(signals), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            epoch_loss += loss.item()
        scheduler.step()
        print(f"{epoch}: {epoch_loss / len(loader):.4f}")


torch.manual_seed(13)
beats = Beats(per_class=20)
train(BeatNet(), DataLoader(beats, batch_size=10, shuffle=True, collate_fn=collate_beats))
