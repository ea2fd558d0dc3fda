# code: TW201
# numbers: 288 256
# about: the classifier was sized for clips of 0.5 s (8 frames of 32 channels); clips of 0.6 s leave 9
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

CONFIG = {
    "sample_rate": 1600,
    "seconds": 0.6,  # <- culprit
    # mended: "seconds": 0.5,
    "hop": 25,
    "n_bins": 20,
    "classes": ["yes", "no", "up", "down"],
    "batch_size": 8,
}


class SpokenWords(Dataset):
    def __init__(self, config, size=40):
        self.config = config
        self.size = size
        self.samples = int(config["sample_rate"] * config["seconds"])

    def __len__(self):
        return self.size

    def __getitem__(self, i):
        label = i % len(self.config["classes"])
        t = torch.arange(self.samples) / self.config["sample_rate"]
        wave = torch.sin(2 * torch.pi * (100 + 60 * label) * t) + 0.1 * torch.randn(self.samples)
        return self.spectrogram(wave), label

    def spectrogram(self, wave):
        frames = wave.unfold(0, self.config["hop"], self.config["hop"])
        return torch.fft.rfft(frames, n=64).abs()[:, : self.config["n_bins"]].log1p().T


class KeywordNet(nn.Module):
    def __init__(self, n_bins, n_classes):
        super().__init__()
        self.conv1 = nn.Conv1d(n_bins, 32, kernel_size=5, padding=2)
        self.conv2 = nn.Conv1d(32, 32, kernel_size=3, padding=1)
        self.pool = nn.MaxPool1d(2)
        self.norm = nn.BatchNorm1d(32)
        self.fc1 = nn.Linear(32 * 8, 48)  # <- or here
        self.fc2 = nn.Linear(48, n_classes)

    def forward(self, spec):
        h = self.pool(torch.relu(self.conv1(spec)))
        h = self.pool(torch.relu(self.norm(self.conv2(h))))
        h = h.reshape(h.size(0), -1)
        h = torch.relu(self.fc1(h))
        return self.fc2(h)


def main():
    torch.manual_seed(5)
    loader = DataLoader(SpokenWords(CONFIG), batch_size=CONFIG["batch_size"], shuffle=True)
    model = KeywordNet(CONFIG["n_bins"], len(CONFIG["classes"]))
    optimizer = torch.optim.Adam(model.parameters())
    loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
    for epoch in range(2):
        correct = 0
        for spec, label in loader:
            logits = model(spec)
            loss = loss_fn(logits, label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            correct += (logits.argmax(1) == label).sum().item()
        print(f"epoch {epoch}: accuracy {correct / len(loader.dataset):.2f}")


main()
