# code: TW219
# numbers: 58 60
# about: padding stays 1 while the dilation grows to 2: the branch loses 2 of 60 steps and can't be added to its input
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class SineMix(Dataset):
    def __init__(self, n, length):
        time = torch.arange(length + 1) / 8.0
        rates = 1 + torch.rand(n, 2)
        self.waves = (torch.sin(rates[:, :1] * time) + torch.sin(rates[:, 1:] * time)) / 2

    def __len__(self):
        return self.waves.size(0)

    def __getitem__(self, k):
        wave = self.waves[k]
        return wave[:-1].unsqueeze(0), wave[1:].unsqueeze(0)


class GatedBlock(nn.Module):
    def __init__(self, channels, dilation, kernel_size=3):
        super().__init__()
        padding = (kernel_size - 1) // 2  # <- culprit
        # mended: padding = dilation * (kernel_size - 1) // 2
        self.signal = nn.Conv1d(channels, channels, kernel_size, padding=padding, dilation=dilation)  # <- or here
        self.gate = nn.Conv1d(channels, channels, kernel_size, padding=padding, dilation=dilation)  # <- or here
        self.mix = nn.Conv1d(channels, 2 * channels, 1)

    def forward(self, x):
        z = torch.tanh(self.signal(x)) * torch.sigmoid(self.gate(x))
        residual, skip = self.mix(z).chunk(2, dim=1)
        return x + residual, skip


class WaveModel(nn.Module):
    def __init__(self, channels=10, n_blocks=4):
        super().__init__()
        self.first = nn.Conv1d(1, channels, 1)
        self.blocks = nn.ModuleList()
        for b in range(n_blocks):
            self.blocks.append(GatedBlock(channels, dilation=2**b))
        self.last = nn.Sequential(nn.ReLU(), nn.Conv1d(channels, channels, 1), nn.ReLU(), nn.Conv1d(channels, 1, 1))

    def forward(self, wave):
        x, total = self.first(wave), 0
        for block in self.blocks:
            x, skip = block(x)
            total = total + skip
        return self.last(total)


def main(epochs=2, batch_size=10):
    torch.manual_seed(19)
    train_loader = DataLoader(SineMix(40, 60), batch_size=batch_size, shuffle=True)
    model = WaveModel()
    criterion = nn.L1Loss()
    optimizer = torch.optim.NAdam(model.parameters(), lr=4e-3)
    for epoch in range(epochs):
        for past, future in train_loader:
            prediction = model(past)
            loss = criterion(prediction, future)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch:>2}  mae {loss.item():.4f}")


if __name__ == "__main__":
    main()
