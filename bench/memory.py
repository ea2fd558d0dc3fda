"""How far the predicted peak is from torch.profiler's on the CPU. `python bench/memory.py` writes bench/memory.md."""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._C._profiler import _EventType
from torch.profiler import ProfilerActivity, profile

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "rehearsal" / "memory"))
from nets import resnet18

from torchwise.rehearsal.memory.estimate import Step, estimate


class UNet(nn.Module):
    """Down, up, and a way across."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.low = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.up, self.out = nn.ConvTranspose2d(32, 16, 2, 2), nn.Conv2d(32, 10, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        high = F.relu(self.down(x))
        low = F.relu(self.low(F.max_pool2d(high, 2)))
        return self.out(torch.cat([self.up(low), high], 1)).mean((2, 3))


class Encoder(nn.Module):
    """A TransformerEncoder over a sequence, or over the patches of an image."""

    def __init__(self, *, of_images: bool) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 64, 4, 4) if of_images else None
        layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
        self.encoder, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        if self.patches is not None:
            x = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.encoder(x).mean(1))


NETS = {
    "MLP": (lambda: nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10)), (784,)),
    "CNN": (
        lambda: nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(7200, 10)),
        (3, 32, 32),
    ),
    "ResNet-18": (lambda: resnet18(10), (3, 64, 64)),
    "ViT-like": (lambda: Encoder(of_images=True), (3, 32, 32)),
    "TransformerEncoder": (lambda: Encoder(of_images=False), (64, 64)),
    "U-Net": (UNet, (3, 32, 32)),
}  # fmt: skip
OPTIMIZERS = {"SGD": torch.optim.SGD, "Adam": torch.optim.Adam}


def measured(build, shape, size, optimizer) -> int:
    """The profiler's peak of two real steps on the CPU, weights and batch included."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        model = build()
        steps = optimizer(model.parameters(), lr=0.01)
        x, y = torch.randn(size, *shape), torch.zeros(size, dtype=torch.long)
        for _ in range(2):
            loss = F.cross_entropy(model(x), y)
            steps.zero_grad()
            loss.backward()
            steps.step()
    events, stack = [], list(profiler.profiler.kineto_results.experimental_event_tree())
    while stack:
        event = stack.pop()
        stack.extend(event.children)
        if event.tag == _EventType.Allocation:
            events.append((event.start_time_ns, event.extra_fields.alloc_size))
    live = peak = 0
    for _, change in sorted(events, key=lambda item: item[0]):
        live += change
        peak = max(peak, live)
    return peak


def main() -> None:
    """One line a net, batch and optimizer."""
    lines = [
        "# Predicted and measured peak of memory", "",
        f"torch {torch.__version__}, CPU; by `bench/memory.py`. Measured: what torch.profiler saw allocated.", "",
        "| net | batch | optimizer | predicted MiB | measured MiB | off |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for net, (build, shape) in NETS.items():
        for size in (8, 32):
            for name, optimizer in OPTIMIZERS.items():
                model = build()
                step = Step(model=model, loss=F.cross_entropy, optimizer=optimizer(model.parameters(), lr=0.01))
                batch = torch.empty(size, *shape), torch.zeros(size, dtype=torch.long)
                found, real = estimate(step, batch).peak, measured(build, shape, size, optimizer)
                lines.append(
                    f"| {net} | {size} | {name} | {found / 2**20:.2f} | {real / 2**20:.2f} | {found / real - 1:+.1%} |"
                )
                print(lines[-1], flush=True)
    (Path(__file__).parent / "memory.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
