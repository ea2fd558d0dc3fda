"""How fast the loop is: the tutorial's own loop, torchwise, and scikit-learn's MLP, on the same data.

All take turns in one process, so that a busy machine slows all alike; the figures are medians of CPU seconds an epoch,
and how many times faster than the tutorial's loop that is. Each loop trains and, but for scikit-learn, validates.

    python bench/loop.py            the table in bench/loop.md
"""

import statistics
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from sklearn.neural_network import MLPClassifier, MLPRegressor
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import torchwise as tw

HERE = Path(__file__).parent
ROUNDS, EPOCHS = 7, 3  # turns each, and epochs a turn; the first epoch of a turn is not counted
CASES = [  # name, train rows, valid rows, widths, batch size
    ("survey-like, batch 270", 2_700, 300, (93, 64, 1), 270),
    ("survey-like, batch 16", 2_700, 300, (93, 64, 1), 16),
    ("100,000 rows, 7 classes", 100_000, 10_000, (54, 256, 128, 7), 256),
]


class Rows(Dataset[tuple[Tensor, Tensor]]):
    """The tutorial's data set: one sample at a time."""

    def __init__(self, inputs: Tensor, targets: Tensor) -> None:
        self.inputs, self.targets = inputs, targets

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.inputs[index], self.targets[index]

    def __len__(self) -> int:
        return len(self.inputs)


def main() -> None:
    """Measure every case and write the table."""
    torch.set_num_threads(1)
    lines = [
        "| case | the tutorial's loop | torchwise | scikit-learn's MLP |",
        "|---|---|---|---|",
    ]
    for name, train_rows, valid_rows, widths, batch_size in CASES:
        seconds = measure(make_contenders(train_rows, valid_rows, widths, batch_size))
        base, *others = (statistics.median(found) for found in seconds.values())
        cells = [f"{1000 * base:.1f} ms"] + [f"{1000 * one:.1f} ms ({base / one:.1f}x)" for one in others]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    (HERE / "loop.md").write_text("\n".join(lines) + "\n")


def measure(contenders: dict[str, Callable[[], list[float]]]) -> dict[str, list[float]]:
    """CPU seconds of every epoch of each contender, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            seconds[name] += run()[1:]
    return seconds


def make_contenders(train_rows: int, valid_rows: int, widths: tuple[int, ...], batch_size: int) -> Any:
    """The three ways to train on the same made-up data, each from the same weights: they give seconds an epoch."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(train_rows + valid_rows, widths[0], generator=generator)
    weights = torch.randn(widths[0], widths[-1], generator=generator)
    is_regression = widths[-1] == 1
    targets = inputs @ weights if is_regression else (inputs @ weights).argmax(dim=1)
    parts = [(inputs[:train_rows], targets[:train_rows]), (inputs[train_rows:], targets[train_rows:])]
    loss = nn.MSELoss() if is_regression else nn.CrossEntropyLoss()

    def model() -> nn.Module:
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    def make_optimizer(network: nn.Module, **settings: Any) -> torch.optim.Optimizer:
        if is_regression:
            return torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, **settings)
        return torch.optim.Adam(network.parameters(), lr=1e-3, **settings)

    def tutorial() -> list[float]:
        network = model()
        optimizer = make_optimizer(network)
        train = DataLoader(Rows(*parts[0]), batch_size, shuffle=True)
        valid = DataLoader(Rows(*parts[1]), batch_size)
        seconds = []
        for _ in range(EPOCHS):
            started = time.process_time()
            network.train()
            for batch_inputs, batch_targets in train:
                optimizer.zero_grad()
                batch_loss = loss(network(batch_inputs), batch_targets)
                batch_loss.backward()
                optimizer.step()
            network.eval()
            total = 0.0
            for batch_inputs, batch_targets in valid:
                with torch.no_grad():
                    total += loss(network(batch_inputs), batch_targets).item() * len(batch_inputs)
            seconds.append(time.process_time() - started)
        return seconds

    def ours() -> list[float]:
        network = model()
        setup = tw.Setup(
            model=network,
            loss=loss,
            optimizer=make_optimizer(network, fused=True),  # as torchwise train does
            train=TensorDataset(*parts[0]),
            valid=TensorDataset(*parts[1]),
            batch_size=batch_size,
            device="cpu",
        )
        seconds, started = [], time.process_time()
        for _ in tw.fit(setup, epochs=EPOCHS):
            seconds.append(time.process_time() - started)
            started = time.process_time()
        return seconds

    def sklearn() -> list[float]:
        kind = MLPRegressor if is_regression else MLPClassifier
        rows, labels = parts[0][0].numpy(), parts[0][1].numpy().squeeze()
        network = kind(
            hidden_layer_sizes=widths[1:-1], batch_size=batch_size, max_iter=1, warm_start=True, random_state=0
        )
        seconds = []
        for _ in range(EPOCHS):
            started = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that one epoch is not enough
                network.fit(rows, labels)
            seconds.append(time.process_time() - started)
        return seconds

    return {"tutorial": tutorial, "torchwise": ours, "sklearn": sklearn}


if __name__ == "__main__":
    main()
