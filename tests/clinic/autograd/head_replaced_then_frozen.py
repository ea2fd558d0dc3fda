# code: TW506
# numbers: -
# about: the model is frozen after its head was replaced, so the new head is frozen too and nothing can learn
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class BasicBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(out)) + x)


class MiniResNet(nn.Module):
    def __init__(self, num_classes=100, channels=8, blocks=2):
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3)
        self.layer = nn.Sequential(*[BasicBlock(channels) for _ in range(blocks)])
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x):
        return self.fc(self.avgpool(self.layer(self.conv1(x))).flatten(1))


def freeze(module):
    for param in module.parameters():
        param.requires_grad = False


def get_model(num_classes, finetune):
    model = MiniResNet()
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    if not finetune:
        freeze(model)  # <- culprit
        # mended: freeze(model)
        # mended: model.fc.requires_grad_(True)
    return model


def train(model, loader, lr, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        for photos, breeds in loader:
            outputs = model(photos)
            loss = nn.functional.cross_entropy(outputs, breeds)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        print("epoch", epoch, "loss", loss.item())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="dog breeds")
    parser.add_argument("--classes", default=12, type=int)
    parser.add_argument("--finetune", action="store_true")
    parser.add_argument("--epochs", default=2, type=int)
    opts = parser.parse_args()
    torch.manual_seed(0)
    dogs = TensorDataset(torch.rand(36, 3, 32, 32), torch.randint(0, opts.classes, (36,)))
    train(get_model(opts.classes, opts.finetune), DataLoader(dogs, 12, shuffle=True), lr=0.01, epochs=opts.epochs)
