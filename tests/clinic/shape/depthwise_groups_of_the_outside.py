# code: TW224
# numbers: 20 32
# about: the depthwise convolution has 20 channels inside the block, its groups count the 32 outside
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=16)
parser.add_argument("--slim", type=float, default=1.25)
parser.add_argument("--depth", type=int, default=2)
parser.add_argument("--epochs", type=int, default=1)
args = parser.parse_args()


class SlimBlock(nn.Module):
    def __init__(self, channels, inner):
        super().__init__()
        self.reduce = nn.Conv2d(channels, inner, 1, bias=False)
        self.depthwise = nn.Conv2d(inner, inner, 3, padding=1, groups=channels, bias=False)  # <- culprit
        # mended: self.depthwise = nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False)
        self.expand = nn.Conv2d(inner, channels, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(inner), nn.BatchNorm2d(inner), nn.BatchNorm2d(channels)])

    def forward(self, x):
        y = self.norms[0](self.reduce(x)).relu()
        y = self.norms[1](self.depthwise(y)).relu()
        return (x + self.norms[2](self.expand(y))).relu()


def build(width, slim, depth, n_classes=4):
    channels = 2 * width
    inner = int(width * slim)
    trunk = [nn.Conv2d(3, channels, 3, stride=2, padding=1), nn.ReLU()]
    trunk += [SlimBlock(channels, inner) for _ in range(depth)]
    return nn.Sequential(*trunk, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, n_classes))


def accuracy(logits, target):
    return (logits.argmax(dim=1) == target).float().mean().item()


torch.manual_seed(2024)
x = torch.rand(32, 3, 16, 16)
y = (x.mean((1, 2, 3)) * 1000).long() % 4
loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
model = build(args.width, args.slim, args.depth)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(args.epochs):
    for step, (images, target) in enumerate(loader):
        logits = model(images)
        loss = nn.functional.cross_entropy(logits, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"{epoch}.{step} loss {loss.item():.3f} acc {accuracy(logits, target):.2f}")
