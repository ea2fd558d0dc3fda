# code: TW201
# numbers: 13 12
# about: n_frames forgets the first window (the + 1), so the layer over the frames is made for 12 of 13
from dataclasses import dataclass
import torch
from torch import nn


@dataclass
class Audio:
    samples: int = 1600
    window: int = 400
    hop: int = 100


def n_frames(audio):
    return (audio.samples - audio.window) // audio.hop  # <- culprit
    # mended: return (audio.samples - audio.window) // audio.hop + 1


class Mixer(nn.Module):
    """mixes the frames, then the bands"""

    def __init__(self, audio, bands=20, classes=4):
        super().__init__()
        self.audio = audio
        self.bands = nn.Linear(audio.window, bands)
        self.frames = nn.Linear(n_frames(audio), 8)
        self.out = nn.Linear(8 * bands, classes)

    def forward(self, wave):
        framed = wave.unfold(1, self.audio.window, self.audio.hop)
        x = torch.log1p(self.bands(framed).abs())
        x = torch.relu(self.frames(x.transpose(1, 2)))
        return self.out(x.flatten(1))


audio = Audio()
net = Mixer(audio)
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for _ in range(3):
    wave, label = torch.randn(8, audio.samples), torch.randint(0, 4, (8,))
    loss = nn.functional.cross_entropy(net(wave), label)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
