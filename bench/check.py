"""How long a check takes, beside importing what the script imports. `python bench/check.py` writes bench/check.md.

CPU seconds of all processes and threads, the median of three runs after a first that warms up the disk: on a machine
that does other things at the same time they say more than the clock.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HEAD = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
"""
LOOP = """
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(90):
    for inputs, labels in loader:
        loss = loss_fn(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
torch.save(model.state_dict(), "model.pt")
"""
RESNET_50 = """
class Bottleneck(nn.Module):
    def __init__(self, given, width, stride):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(given, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True),
            nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width))
        self.down = nn.Identity() if stride == 1 and given == 4 * width else nn.Sequential(
            nn.Conv2d(given, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        return torch.relu(self.layers(x) + self.down(x))


def resnet_50():
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    given = 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            layers.append(Bottleneck(given, width, stride if block == 0 else 1))
            given = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


model = resnet_50()
data = TensorDataset(torch.randn(43, 3, 224, 224), torch.randint(1000, (43,)))
loader = DataLoader(data, batch_size=8, shuffle=True)
"""
SCRIPTS = {
    "MLP, 784-128-10, batch 32": """
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
loader = DataLoader(TensorDataset(torch.randn(1003, 784), torch.randint(10, (1003,))), batch_size=32, shuffle=True)
""",
    "CNN, 3x32x32, batch 64": """
model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.Flatten(),
                      nn.Linear(64 * 13 * 13, 10))
data = TensorDataset(torch.randn(1003, 3, 32, 32), torch.randint(10, (1003,)))
loader = DataLoader(data, batch_size=64, shuffle=True)
""",
    "ResNet-50, 3x224x224, batch 8": RESNET_50,
}
# What each of these scripts needs before it can take a step: torch itself, and what building an optimizer imports.
IMPORTING = HEAD + "torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)\n"


def cpu_and_clock(words: list[str], folder: str) -> tuple[float, float]:
    """The CPU seconds and the seconds of a command."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


def main(runs: int) -> None:
    """Measure all, interleaved, and write the table."""
    lines = ["| script | check: CPU s | clock s | importing only: CPU s | clock s |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "importing.py").write_text(IMPORTING)
        for name, text in SCRIPTS.items():
            Path(folder, "train.py").write_text(HEAD + text + LOOP)
            pairs = [
                (
                    cpu_and_clock(["-m", "torchwise", "check", "train.py"], folder),
                    cpu_and_clock(["importing.py"], folder),
                )
                for _ in range(runs)
            ][runs > 1 :]
            cells = [f"{median(pair[side][what] for pair in pairs):.1f}" for side in (0, 1) for what in (0, 1)]
            lines.append(f"| {name} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    load = f"{os.getloadavg()[0]:.1f}"
    intro = f"# How long a check takes\n\n`python bench/check.py {runs}`: {os.cpu_count()} cores, load {load}, "
    intro += f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}.\n\n"
    Path(__file__).with_suffix(".md").write_text(intro + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
