# code: TW004
# numbers: forwad ChannelGate
# about: the gate's method is called forwad, so the module has no forward
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def conv_bn(cin, cout, stride=1):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(cout),
        nn.ReLU(inplace=True),
    )


class ChannelGate(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.excite = nn.Sequential(
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forwad(self, fmap):  # <- culprit
        # mended: def forward(self, fmap):
        weights = self.excite(self.squeeze(fmap))
        return fmap * weights


class LeafNet(nn.Module):
    def __init__(self, plan=(16, 32), species=6):
        super().__init__()
        stages, cin = [], 3
        for cout in plan:
            stages += [conv_bn(cin, cout, stride=2), ChannelGate(cout)]
            cin = cout
        self.features = nn.Sequential(*stages)
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cin, species))

    def forward(self, photos):
        return self.classifier(self.features(photos))


def make_loader(n, seed):
    g = torch.Generator().manual_seed(seed)
    photos = torch.rand(n, 3, 32, 32, generator=g)
    species = torch.randint(0, 6, (n,), generator=g)
    return DataLoader(TensorDataset(photos, species), batch_size=10)


@torch.no_grad()
def accuracy_of(model, loader):
    model.eval()
    right = sum((model(photos).argmax(1) == species).sum().item() for photos, species in loader)
    return right / len(loader.dataset)


def main():
    torch.manual_seed(0)
    model = LeafNet()
    train_loader, val_loader = make_loader(40, 1), make_loader(20, 2)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    lossfn = nn.CrossEntropyLoss(label_smoothing=0.1)
    for epoch in range(2):
        model.train()
        for photos, species in train_loader:
            opt.zero_grad()
            lossfn(model(photos), species).backward()
            opt.step()
        print("epoch", epoch, "val accuracy", accuracy_of(model, val_loader))


main()
