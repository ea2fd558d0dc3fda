# code: TW218
# numbers: 3
# about: permute counts the dimensions from 1; they are counted from 0
import torch
from torch import nn


def prepare(frame):
    return frame.permute(3, 1, 2).float() / 255  # <- culprit
    # mended: return frame.permute(2, 0, 1).float() / 255


torch.manual_seed(0)
frames = torch.randint(0, 256, (6, 24, 32, 3), dtype=torch.uint8)
net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
print(net(torch.stack([prepare(frame) for frame in frames])).shape)
