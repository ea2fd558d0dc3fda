"""How far the predicted peak is from torch.profiler's on the CPU. `python bench/memory.py` writes bench/memory.md."""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
import torchinfo
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


class Bottleneck(nn.Module):
    """Three convolutions and a way around them."""

    def __init__(self, given: int, width: int, stride: int) -> None:
        super().__init__()
        made = 4 * width
        self.way = nn.Sequential(
            nn.Conv2d(given, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.Conv2d(width, made, 1, bias=False), nn.BatchNorm2d(made),
        )  # fmt: skip
        self.down = nn.Sequential()
        if stride != 1 or given != made:
            self.down = nn.Sequential(nn.Conv2d(given, made, 1, stride, bias=False), nn.BatchNorm2d(made))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.way(x) + self.down(x), inplace=True)


def resnet50(classes: int) -> nn.Module:
    """ResNet-50."""
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    given = 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for number in range(count):
            layers.append(Bottleneck(given, width, stride if number == 0 else 1))
            given = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(given, classes))


class GPT(nn.Module):
    """A decoder over embeddings that sees only what came before, with a large vocabulary behind it."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(64, 4, 256, batch_first=True, norm_first=True, activation="gelu")
        self.blocks = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.head, self.last = nn.Linear(64, 2000), nn.Linear(2000, 10)

    def forward(self, x: Tensor) -> Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device)
        return self.last(self.head(self.blocks(x, mask, is_causal=True)).mean(1))


class Recurrent(nn.Module):
    """An LSTM and a layer behind its last output."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(32, 64, batch_first=True), nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(x)[0][:, -1])


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
    "GPT-like": (GPT, (32, 64)),
    "LSTM": (Recurrent, (20, 32)),
    "ResNet-50": (lambda: resnet50(10), (3, 64, 64)),
}  # fmt: skip
NOTE = (
    "Measured are bytes of tensors: what a convolution asks for and gives back before it returns (oneDNN's reordered "
    "weights, im2col's columns) is left out, since it is scratch of the CPU's kernel. "
    "CUDA was not measured: there was no GPU."
)
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
    return peak_of(profiler.profiler.kineto_results.experimental_event_tree())


def peak_of(roots) -> int:
    """The most bytes of tensors that were there at once.

    What a convolution asks for and gives back before it returns is no tensor but scratch of the CPU's kernel (the
    reordered weights of oneDNN, the columns of im2col); it is left out.
    """
    events, stack = [], list(roots)
    while stack:
        event = stack.pop()
        stack.extend(event.children)
        if event.tag == _EventType.Allocation:
            events.append(event)
    events.sort(key=lambda event: event.start_time_ns)
    asked, scratch = {}, set()
    for number, event in enumerate(events):
        pointer = event.extra_fields.ptr
        if event.extra_fields.alloc_size > 0:
            asked[pointer] = number, convolution_around(event)
        elif pointer in asked:
            begun, around = asked.pop(pointer)
            if around is not None and around == convolution_around(event):
                scratch |= {begun, number}
    live = peak = 0
    for number, event in enumerate(events):
        live += 0 if number in scratch else event.extra_fields.alloc_size
        peak = max(peak, live)
    return peak


def convolution_around(event) -> int | None:
    """The convolution that an event is part of, by its start."""
    found = None
    while event is not None:
        if event.tag == _EventType.TorchOp and event.name in ("aten::convolution", "aten::convolution_backward"):
            found = event.start_time_ns
        event = event.parent
    return found


def by_torchinfo(model, size, shape) -> int:
    """What torchinfo says: inputs, outputs of all layers twice, and weights."""
    found = torchinfo.summary(model, input_size=(size, *shape), verbose=0, device="cpu")
    return found.total_input + found.total_output_bytes + found.total_param_bytes


def main() -> None:
    """One line a net, batch and optimizer; the file is written as far as it is known."""
    lines = [
        "# Predicted and measured peak of memory", "",
        f"torch {torch.__version__}, CPU; by `bench/memory.py`; torchinfo {torchinfo.__version__} beside it.", "",
        "| net | batch | optimizer | predicted MiB | measured MiB | off | torchinfo off |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    offs, said = [], []
    for net, (build, shape) in NETS.items():
        for size in (4, 8, 32):
            for name, optimizer in OPTIMIZERS.items():
                model = build()
                step = Step(model=model, loss=F.cross_entropy, optimizer=optimizer(model.parameters(), lr=0.01))
                batch = torch.empty(size, *shape), torch.zeros(size, dtype=torch.long)
                found, real = estimate(step, batch).peak, measured(build, shape, size, optimizer)
                off, other = found / real - 1, by_torchinfo(build(), size, shape) / real - 1
                sizes = f"{found / 2**20:.2f} | {real / 2**20:.2f}"
                lines.append(f"| {net} | {size} | {name} | {sizes} | {off:+.1%} | {other:+.0%} |")
                print(lines[-1], flush=True)
                if net != "LSTM":
                    offs, said = sorted([*offs, abs(off)]), sorted([*said, abs(other)])
                    middle = len(offs) // 2
                    end = (
                        f"{len(offs)} cases without the LSTM: median {offs[middle]:.1%}, worst {offs[-1]:.1%}; "
                        f"torchinfo: median {said[middle]:.0%}, worst {said[-1]:.0%}."
                    )
                text = "\n".join([*lines, "", end, "", NOTE]) + "\n"
                (Path(__file__).parent / "memory.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
