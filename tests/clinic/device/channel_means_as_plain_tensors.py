# code: TW103
# numbers: meta cpu
# about: the means are a plain attribute of the module, .to(device) leaves them on the CPU; a buffer would move
from collections import OrderedDict

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Standardize(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.mean = torch.tensor(mean).view(1, -1, 1, 1)  # <- culprit
        # mended: self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, img):
        return (img - self.mean) / self.std


def encoder(channels):
    layers = OrderedDict(standardize=Standardize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    for number, (c_in, c_out) in enumerate(zip(channels, channels[1:]), 1):
        layers[f"conv{number}"] = nn.Conv2d(c_in, c_out, 4, stride=2, padding=1)
        layers[f"act{number}"] = nn.LeakyReLU(0.2)
    return nn.Sequential(layers)


def decoder(channels):
    layers = OrderedDict()
    for number, (c_in, c_out) in enumerate(zip(channels, channels[1:]), 1):
        layers[f"up{number}"] = nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1)
        layers[f"act{number}"] = nn.ReLU() if number < len(channels) - 1 else nn.Sigmoid()
    return nn.Sequential(layers)


class Autoencoder(nn.Module):
    def __init__(self, channels=(3, 8, 16)):
        super().__init__()
        self.encoder = encoder(channels)
        self.decoder = decoder(channels[::-1])

    def forward(self, img):
        return self.decoder(self.encoder(img))


torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "meta")
photos = DataLoader(TensorDataset(torch.rand(24, 3, 16, 16)), batch_size=8)
autoencoder = Autoencoder()
autoencoder.to(device)
optimizer = torch.optim.Adam(autoencoder.parameters(), lr=2e-3, betas=(0.5, 0.99))
for epoch in range(2):
    for (img,) in photos:
        img = img.to(device)
        loss = nn.functional.l1_loss(autoencoder(img), img)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
torch.save(autoencoder.encoder[1:].state_dict(), "encoder.pt")
