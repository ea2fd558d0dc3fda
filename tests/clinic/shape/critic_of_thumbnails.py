# code: TW206
# numbers: 2 4
# about: the critic is built for 32 x 32, the crops are 16 x 16
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIDE = 16  # <- culprit
# mended: SIDE = 32


class Textures(Dataset):
    def __len__(self):
        return 24

    def __getitem__(self, index):
        return torch.rand(3, SIDE, SIDE)


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 4, 2, 1), nn.LeakyReLU(0.2))


critic = nn.Sequential(block(3, 8), block(8, 16), block(16, 32), nn.Conv2d(32, 1, 4))
optimizer = torch.optim.Adam(critic.parameters())
for picture in DataLoader(Textures(), batch_size=6):
    loss = critic(picture).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
