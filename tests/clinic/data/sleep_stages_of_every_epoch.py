# code: TW602
# numbers: 5 14
# about: the scores are (batch, 14 steps, 5 stages), cross_entropy wants the stages as dimension 1
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

STAGES = ("wake", "n1", "n2", "n3", "rem")


class Nights(Dataset):
    """Fourteen half-minute pieces of one EEG channel in order, and the stage of each piece."""

    def __init__(self, nights=18, pieces=14, samples=30):
        gen = torch.Generator().manual_seed(71)
        self.stage = torch.randint(0, len(STAGES), (nights, pieces), generator=gen)
        phase = torch.arange(samples) * 0.15
        self.eeg = torch.sin(phase * (self.stage.unsqueeze(-1) + 1))
        self.eeg += 0.1 * torch.randn(self.eeg.shape, generator=gen)

    def __len__(self):
        return self.stage.size(0)

    def __getitem__(self, night):
        return self.eeg[night], self.stage[night]


class StageNet(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.piece = nn.Sequential(nn.Conv1d(1, 8, 7, stride=3), nn.ReLU(), nn.AdaptiveMaxPool1d(2), nn.Flatten())
        self.night = nn.GRU(16, width, batch_first=True, bidirectional=True)
        self.scores = nn.Linear(2 * width, len(STAGES))

    def forward(self, eeg):
        n, pieces, samples = eeg.shape
        z = self.piece(eeg.reshape(n * pieces, 1, samples)).reshape(n, pieces, -1)
        z, _ = self.night(z)
        return self.scores(z)


def one_epoch(net, loader, opt=None):
    total, right = 0.0, 0
    with torch.set_grad_enabled(opt is not None):
        for eeg, stage in loader:
            scores = net(eeg)
            loss = F.cross_entropy(scores, stage)  # <- culprit
            # mended: loss = F.cross_entropy(scores.transpose(1, 2), stage)
            if opt is not None:
                opt.zero_grad()
                loss.backward()
                opt.step()
            total += loss.item()
            right += (scores.argmax(-1) == stage).sum().item()
    return total / len(loader), right / loader.dataset.stage.numel()


def main():
    torch.manual_seed(71)
    nights = Nights()
    net = StageNet()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(2):
        loss, acc = one_epoch(net, DataLoader(nights, batch_size=6, shuffle=True), opt)
        print(f"train {loss:.3f} {acc:.2f}")
    print("valid", one_epoch(net, DataLoader(nights, batch_size=6)))


if __name__ == "__main__":
    main()
