# code: TW214
# numbers: 20 50
# about: the spectrograms are (20 mel bands, 50 frames); the GRU wants time first, bands last
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, random_split

N_MELS, N_FRAMES = 20, 50


class LogMel:
    def __init__(self, n_fft=64, hop=16):
        self.n_fft, self.hop = n_fft, hop
        self.bank = torch.rand(N_MELS, n_fft // 2 + 1)

    def __call__(self, wave):
        spec = torch.stft(wave, self.n_fft, self.hop, window=torch.hann_window(self.n_fft), return_complex=True)
        mel = self.bank @ spec.abs().pow(2)
        return (mel + 1e-6).log()[:, :N_FRAMES]  # <- or here


class SpokenDigits(Dataset):
    def __init__(self, transform, n=40):
        self.transform = transform
        self.digits = torch.arange(n) % 10
        t = torch.arange(800) / 800
        self.waves = torch.stack([torch.sin(40 * (int(d) + 3) * t) + 0.05 * torch.randn(800) for d in self.digits])

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, idx):
        return self.transform(self.waves[idx]), self.digits[idx]


class DigitGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(input_size=N_MELS, hidden_size=32, batch_first=True, bidirectional=True)
        self.attn = nn.Linear(64, 1)
        self.fc = nn.Linear(64, 10)

    def forward(self, mel):
        out, _ = self.gru(mel)  # <- culprit
        # mended: out, _ = self.gru(mel.transpose(1, 2))
        weights = torch.softmax(self.attn(out), dim=1)
        return self.fc((weights * out).sum(dim=1))


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        hits = sum((model(mel).argmax(-1) == digit).sum().item() for mel, digit in loader)
    return hits / len(loader.dataset)


def main():
    torch.manual_seed(1)
    train_set, val_set = random_split(SpokenDigits(LogMel()), [30, 10])
    train_loader = DataLoader(train_set, batch_size=10, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=10)
    model = DigitGRU()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(2):
        model.train()
        for mel, digit in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(mel), digit)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} val acc {evaluate(model, val_loader):.2f}")


if __name__ == "__main__":
    main()
