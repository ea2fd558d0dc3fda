# code: TW203
# numbers: 4 3
# about: the dataset puts a depth map beside the colours (4 channels), the segmenter is built for the 3 of the camera
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

N_COLOURS, N_CLASSES, SIDE = 3, 5, 32


class RoomScans(Dataset):
    """Rooms as a camera and a depth sensor saw them."""

    def __init__(self, n):
        gen = torch.Generator().manual_seed(1)
        self.colours = torch.rand(n, N_COLOURS, SIDE, SIDE, generator=gen)
        self.depth = torch.rand(n, 1, SIDE, SIDE, generator=gen)
        self.masks = torch.randint(0, N_CLASSES, (n, SIDE, SIDE), generator=gen)

    def __len__(self):
        return len(self.colours)

    def __getitem__(self, i):
        return torch.cat([self.colours[i], self.depth[i]]), self.masks[i]


def block(n_in, n_out):
    return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU())


class Segmenter(nn.Module):
    def __init__(self, in_ch, n_classes, width=16):
        super().__init__()
        self.enter = block(in_ch, width)
        self.middle = block(width, width * 2)
        self.leave = nn.Conv2d(width * 2, n_classes, 1)

    def forward(self, x):
        return self.leave(self.middle(self.enter(x)))


def normalise(batch, mean=(0.5,) * N_COLOURS):
    shift = torch.tensor(mean).view(1, N_COLOURS, 1, 1)
    batch[:, :N_COLOURS] -= shift
    return batch


net = Segmenter(N_COLOURS, N_CLASSES)  # <- culprit
# mended: net = Segmenter(N_COLOURS + 1, N_CLASSES)
optim = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(2):
    for scans, masks in DataLoader(RoomScans(24), batch_size=8, shuffle=True):
        loss = nn.functional.cross_entropy(net(normalise(scans)), masks)
        optim.zero_grad()
        loss.backward()
        optim.step()
    print(epoch, loss.item())
