# code: TW223
# numbers: 99 100
# about: the decoder's last layer lacks output_padding: 25 - 50 - 99 beside beats of 100; the loss is a helper of two tensors
import torch
from torch import nn
from torch.utils.data import DataLoader


class BeatCoder(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv1d(1, width, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv1d(width, width * 2, 3, stride=2, padding=1), nn.ReLU(),
        )
        self.up = nn.Sequential(
            nn.ConvTranspose1d(width * 2, width, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
            nn.ConvTranspose1d(width, 1, 3, stride=2, padding=1),  # <- culprit
            # mended: nn.ConvTranspose1d(width, 1, 3, stride=2, padding=1, output_padding=1),
        )

    def forward(self, beat):
        code = self.down(beat)
        return self.up(code), code


def error(made, beat, code, weight=1e-3):
    rough = torch.abs(made - beat).mean()
    return rough + weight * code.abs().mean()


def train(model, beats, epochs=2):
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(epochs):
        for beat in DataLoader(beats, batch_size=16, shuffle=True):
            made, code = model(beat)
            loss = error(made, beat, code)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


train(BeatCoder(), torch.sin(torch.linspace(0, 12, 100) + torch.rand(64, 1, 1) * 6))
