# code: TW204
# numbers: 1 8
# about: the spectrum leaves the data set without its channel dimension
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def spectrum(signal):
    coefficients = torch.fft.rfft(signal * torch.hann_window(len(signal)))
    return coefficients.abs().log1p()  # <- culprit
    # mended: return coefficients.abs().log1p().unsqueeze(0)


class Bearings(Dataset):
    def __len__(self):
        return 32

    def __getitem__(self, index):
        signal = torch.randn(256)
        return spectrum(signal), index % 2


net = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(net.parameters())
for x, y in DataLoader(Bearings(), batch_size=8):
    loss = nn.functional.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
