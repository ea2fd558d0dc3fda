# code: TW102
# numbers: meta cpu
# about: the prefetcher moves the images only, so the loss gets labels on the CPU
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class DevicePrefetcher:
    """Wraps a loader and keeps the next batch ready on the device."""

    def __init__(self, loader, device):
        self.loader = loader
        self.device = device

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        ready = None
        for images, labels in self.loader:
            images = images.to(self.device, non_blocking=True)  # <- culprit
            # mended: images, labels = images.to(self.device, non_blocking=True), labels.to(self.device)
            if ready is not None:
                yield ready
            ready = images, labels
        if ready is not None:
            yield ready


class ConvMixer(nn.Module):
    def __init__(self, dim=12, depth=2, classes=10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, dim, 4, stride=4), nn.GELU(), nn.BatchNorm2d(dim))
        self.depthwise = nn.ModuleList(nn.Conv2d(dim, dim, 3, padding="same", groups=dim) for _ in range(depth))
        self.pointwise = nn.ModuleList(nn.Conv2d(dim, dim, 1) for _ in range(depth))
        self.classifier = nn.Linear(dim, classes)

    def forward(self, img):
        z = self.stem(img)
        for mix_space, mix_channels in zip(self.depthwise, self.pointwise):
            z = z + F.gelu(mix_space(z))
            z = F.gelu(mix_channels(z))
        return self.classifier(z.mean((2, 3)))


class Trainer:
    def __init__(self, model, device):
        self.device = device
        self.model = model.to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.steps = 0

    def fit(self, loader, epochs):
        for _ in range(epochs):
            for images, labels in DevicePrefetcher(loader, self.device):
                self.optimizer.zero_grad()
                logits = self.model(images)
                loss = F.cross_entropy(logits, labels)
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                self.optimizer.step()
                self.steps += 1


if __name__ == "__main__":
    torch.manual_seed(4)
    digits = TensorDataset(torch.rand(60, 1, 28, 28), torch.randint(0, 10, (60,)))
    trainer = Trainer(ConvMixer(), torch.device("cuda" if torch.cuda.is_available() else "meta"))
    trainer.fit(DataLoader(digits, batch_size=20, shuffle=True, drop_last=True), epochs=1)
    print("steps taken:", trainer.steps)
