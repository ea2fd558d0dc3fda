# code: TW401
# numbers: float32 float64
# about: the head is replaced after the model was made double, so that it stays float32
import numpy as np
import torch
from torch import nn


class Spectro(nn.Module):
    def __init__(self, n_out=10):
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.AdaptiveAvgPool1d(4), nn.Flatten())
        self.head = nn.Linear(32, n_out)

    def forward(self, x):
        return self.head(self.features(x))


def load(n_out):
    model = Spectro().double()
    model.head = nn.Linear(32, n_out)  # <- culprit
    # mended: model.head = nn.Linear(32, n_out).double()
    return model


rng = np.random.default_rng(0)
spectra = torch.from_numpy(rng.normal(size=(20, 1, 60)))
labels = torch.from_numpy(rng.integers(0, 3, 20))
model = load(3)
opt = torch.optim.Adam(model.parameters())
for i in range(0, 20, 5):
    loss = nn.functional.cross_entropy(model(spectra[i:i + 5]), labels[i:i + 5])
    opt.zero_grad()
    loss.backward()
    opt.step()
