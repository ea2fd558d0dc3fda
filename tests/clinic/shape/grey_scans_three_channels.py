# code: TW203
# numbers: 1 3
# about: the scans are turned grey (1 channel), the config still builds the first convolution for 3
from types import SimpleNamespace

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

cfg = SimpleNamespace(
    in_channels=3,  # <- culprit
    # mended: in_channels=1,
    widths=(8, 16),
    num_classes=2,
    image_size=32,
    batch=6,
    lr=3e-4,
)


def to_grey(image):
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    return (image * weights).sum(dim=0, keepdim=True)


def standardise(image):
    return (image - image.mean()) / (image.std() + 1e-6)


class XrayDataset(Dataset):
    def __init__(self, count, size, transforms):
        self.count, self.size, self.transforms = count, size, transforms

    def __len__(self):
        return self.count

    def __getitem__(self, idx):
        g = torch.Generator().manual_seed(idx)
        scan = torch.rand(3, self.size, self.size, generator=g)
        label = idx % cfg.num_classes
        if label:
            scan[:, 8:16, 8:16] += 0.5
        for transform in self.transforms:
            scan = transform(scan)
        return {"scan": scan, "label": label}


class ScanClassifier(nn.Module):
    def __init__(self, in_channels, widths, num_classes):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, widths[0], 3, stride=2, padding=1, bias=False)
        self.stages = nn.ModuleList()
        for a, b in zip(widths[:-1], widths[1:]):
            self.stages.append(nn.Sequential(nn.BatchNorm2d(a), nn.SiLU(), nn.Conv2d(a, b, 3, stride=2, padding=1)))
        self.classifier = nn.Linear(widths[-1], num_classes)

    def forward(self, scan):
        y = self.stem(scan)
        for stage in self.stages:
            y = stage(y)
        return self.classifier(y.mean(dim=(2, 3)))


if __name__ == "__main__":
    torch.manual_seed(0)
    train = XrayDataset(36, cfg.image_size, [to_grey, standardise])  # <- or here
    loader = DataLoader(train, batch_size=cfg.batch, shuffle=True)
    model = ScanClassifier(cfg.in_channels, cfg.widths, cfg.num_classes)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    for step, batch in enumerate(loader):
        logits = model(batch["scan"])
        loss = nn.functional.cross_entropy(logits, batch["label"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, f"{loss.item():.4f}")
