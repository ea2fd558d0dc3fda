# code: TW701
# numbers: unscale_
# about: the gradients are unscaled twice in a step, for the log and again for clipping
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ResNetish(nn.Module):
    def __init__(self, width=12, classes=4):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        x = x + torch.relu(self.norm(self.conv(x)))
        return self.head(x.mean((2, 3)))


class MixedPrecision:
    """Autocast and gradient scaling behind one switch."""

    def __init__(self, device_type="cpu", dtype=torch.bfloat16, enabled=True):
        self.device_type, self.dtype, self.enabled = device_type, dtype, enabled
        self.scaler = torch.amp.GradScaler(device_type, init_scale=2.0**10, enabled=enabled)

    def autocast(self):
        return torch.autocast(self.device_type, dtype=self.dtype, enabled=self.enabled)

    def backward(self, loss):
        self.scaler.scale(loss).backward()

    def step(self, optimizer, max_norm=1.0):
        self.scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], max_norm)
        self.scaler.step(optimizer)
        self.scaler.update()


def largest_gradient(optimizer, amp):
    amp.scaler.unscale_(optimizer)  # <- culprit # -
    largest = max(p.grad.abs().max() for group in optimizer.param_groups for p in group["params"])  # -
    # mended: largest = max(p.grad.abs().max() for group in optimizer.param_groups for p in group["params"])
    # mended: largest = largest / amp.scaler.get_scale()
    return largest.item()


def main():
    torch.manual_seed(0)
    images = torch.rand(48, 1, 12, 12)
    kinds = torch.randint(0, 4, (48,))
    loader = DataLoader(TensorDataset(images, kinds), batch_size=16, shuffle=True)
    model, amp = ResNetish(), MixedPrecision()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(2):
        for step, (image, kind) in enumerate(loader):
            with amp.autocast():
                loss = nn.functional.cross_entropy(model(image), kind)
            optimizer.zero_grad()
            amp.backward(loss)
            if step == 0:
                print(f"epoch {epoch}: largest gradient {largest_gradient(optimizer, amp):.4f}")
            amp.step(optimizer)
        print(f"epoch {epoch}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
