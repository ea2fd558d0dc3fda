# code: TW410
# numbers: int64 float32
# about: the confusion matrix is an integer tensor and probabilities are added to it in place
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ConfusionMeter:
    def __init__(self, classes, soft=False):
        self.classes = classes
        self.soft = soft
        self.reset()

    def reset(self):
        self.matrix = torch.zeros(self.classes, self.classes, dtype=torch.int64)  # <- culprit
        # mended: self.matrix = torch.zeros(self.classes, self.classes)
        self.seen = 0

    def update(self, logits, labels):
        if self.soft:
            columns = logits.detach().softmax(dim=1)
        else:
            columns = nn.functional.one_hot(logits.argmax(dim=1), self.classes)
        for label in range(self.classes):
            self.matrix[label] += columns[labels == label].sum(dim=0)
        self.seen += len(labels)

    def recall(self):
        return self.matrix.diagonal() / self.matrix.sum(dim=1).clamp(min=1)


class AudioNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 8, 9, stride=4), nn.ReLU(), nn.Conv1d(8, 16, 5, stride=2), nn.ReLU(), nn.AdaptiveMaxPool1d(4)
        )
        self.classify = nn.Linear(64, classes)

    def forward(self, waves):
        return self.classify(self.features(waves.unsqueeze(1)).flatten(1))


def tones(n, classes, length=200):
    labels = torch.arange(n) % classes
    t = torch.linspace(0, 1, length)
    waves = torch.sin(2 * torch.pi * (5 + 4 * labels[:, None]) * t) + 0.2 * torch.randn(n, length)
    return TensorDataset(waves, labels)


torch.manual_seed(9)
CLASSES = 4
model = AudioNet(CLASSES)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
train_loader = DataLoader(tones(64, CLASSES), batch_size=16, shuffle=True)
valid_loader = DataLoader(tones(32, CLASSES), batch_size=16)
hard, soft = ConfusionMeter(CLASSES), ConfusionMeter(CLASSES, soft=True)
for epoch in range(2):
    for waves, labels in train_loader:
        optimizer.zero_grad()
        criterion(model(waves), labels).backward()
        optimizer.step()
    for meter in (hard, soft):
        meter.reset()
    with torch.inference_mode():
        for waves, labels in valid_loader:
            logits = model(waves)
            hard.update(logits, labels)
            soft.update(logits, labels)
    print(epoch, hard.recall().mean().item(), soft.recall().mean().item())
