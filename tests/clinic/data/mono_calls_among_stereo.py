# code: TW620
# numbers: 1 2
# about: some recordings are mono, others stereo; mix down to one channel in the data set
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Calls(Dataset):
    def __init__(self, waves, labels):
        self.waves, self.labels = waves, labels

    def __len__(self):
        return len(self.waves)

    def __getitem__(self, i):
        wave = self.waves[i]  # <- or here
        return wave, self.labels[i]  # <- culprit
        # mended: return wave.mean(0, keepdim=True), self.labels[i]


torch.manual_seed(0)
waves = [torch.randn(2 if k % 3 else 1, 400) for k in range(24)]
data = Calls(waves, [k % 2 for k in range(24)])
net = nn.Sequential(nn.Conv1d(1, 4, 9), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 2))
for wave, label in DataLoader(data, batch_size=8):
    nn.functional.cross_entropy(net(wave), label).backward()
