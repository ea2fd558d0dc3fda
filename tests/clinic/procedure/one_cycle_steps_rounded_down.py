# code: TW704
# numbers: 9 10
# about: 50 samples in batches of 16 are 4 steps an epoch, but the schedule was built for 50 // 16 = 3
import argparse

import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, Dataset


class Spectrograms(Dataset):
    def __init__(self, n, bins=16, frames=20):
        g = torch.Generator().manual_seed(77)
        self.labels = torch.randint(0, 3, (n,), generator=g)
        self.data = torch.rand(n, bins, frames, generator=g)
        for spectrogram, label in zip(self.data, self.labels.tolist()):
            spectrogram[5 * label : 5 * label + 3] += 1.0

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.data[i], self.labels[i]


class KeywordSpotter(nn.Module):
    def __init__(self, bins=16, channels=24, words=3):
        super().__init__()
        self.depthwise = nn.Conv1d(bins, bins, 5, groups=bins)
        self.pointwise = nn.Conv1d(bins, channels, 1)
        self.fc = nn.Linear(channels, words)

    def forward(self, spectrogram):
        h = self.pointwise(torch.relu(self.depthwise(spectrogram)))
        return self.fc(torch.relu(h).mean(dim=2))


def parse(argv=None):
    p = argparse.ArgumentParser()
    p.add_argument("--samples", type=int, default=50)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--max-lr", type=float, default=0.05)
    return p.parse_args(argv)


def main():
    opt = parse([])
    torch.manual_seed(0)
    dataset = Spectrograms(opt.samples)
    loader = DataLoader(dataset, opt.batch, shuffle=True)
    steps_per_epoch = len(dataset) // opt.batch  # <- culprit
    # mended: steps_per_epoch = len(loader)

    net = KeywordSpotter()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    scheduler = OneCycleLR(optimizer, opt.max_lr, total_steps=steps_per_epoch * opt.epochs)
    for epoch in range(opt.epochs):
        correct = 0
        for spectrogram, label in loader:
            logits = net(spectrogram)
            loss = nn.functional.cross_entropy(logits, label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            correct += (logits.argmax(1) == label).sum().item()
        print(f"epoch {epoch + 1}: accuracy {correct / len(dataset):.2f}, lr {scheduler.get_last_lr()[0]:.4f}")


if __name__ == "__main__":
    main()
