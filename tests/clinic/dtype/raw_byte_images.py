# code: TW402
# numbers: uint8
# about: the images are kept as bytes and never scaled to floats before the convolution
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def fake_png(index: int, size: int) -> torch.Tensor:
    """Stands for torchvision.io.read_image: a (3, H, W) tensor of bytes."""
    generator = torch.Generator().manual_seed(index)
    return torch.randint(0, 256, (3, size, size), dtype=torch.uint8, generator=generator)


class FlowerFolder(Dataset):
    def __init__(self, count: int, size: int = 24, training: bool = True):
        self.count, self.size, self.training = count, size, training

    def __len__(self):
        return self.count

    def _load(self, index):
        image = fake_png(index, self.size)
        if self.training and index % 2:
            image = image.flip(-1)
        return image  # <- culprit
        # mended: return image.float() / 255

    def __getitem__(self, index):
        return {"image": self._load(index), "label": index % 5}


class SeparableBlock(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.depth = nn.Conv2d(c_in, c_in, 3, stride, 1, groups=c_in)
        self.point = nn.Conv2d(c_in, c_out, 1)
        self.norm = nn.GroupNorm(4, c_out)

    def forward(self, x):
        return torch.relu(self.norm(self.point(self.depth(x))))


class FlowerNet(nn.Module):
    def __init__(self, widths=(8, 16, 32), classes=5):
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], kernel_size=5, padding=2)
        self.blocks = nn.ModuleList(SeparableBlock(a, b, 2) for a, b in zip(widths, widths[1:]))
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, img):
        x = self.stem(img)
        for block in self.blocks:
            x = block(x)
        return self.fc(x.mean(dim=(2, 3)))


def run_epoch(net, loader, opt=None):
    seen = correct = 0
    for batch in loader:
        logits = net(batch["image"])
        loss = nn.functional.cross_entropy(logits, batch["label"], label_smoothing=0.1)
        if opt is not None:
            opt.zero_grad()
            loss.backward()
            opt.step()
        correct += (logits.argmax(dim=1) == batch["label"]).sum().item()
        seen += len(logits)
    return correct / seen


if __name__ == "__main__":
    torch.manual_seed(0)
    net = FlowerNet()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    train, test = FlowerFolder(40), FlowerFolder(10, training=False)
    print("train accuracy", run_epoch(net, DataLoader(train, 10, shuffle=True), opt))
    with torch.no_grad():
        print("test accuracy", run_epoch(net, DataLoader(test, 5)))
