"""The flags of `torchwise train` as one frozen dataclass, checked together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torchwise.errors import Problem
from torchwise.texts import tr

TASKS = ("regression", "binary", "multi-class")
OF_NETWORK = ("hidden", "activation", "dropout", "periodic")
PRESETS: dict[str, dict[str, Any]] = {
    # The tutorial's demo: Linear 117-64, ReLU, 64-32, ReLU, 32-1 on raw features, MSE, SGD with momentum.
    "tutorial": {
        "hidden": (64, 32),
        "activation": "ReLU",
        "dropout": 0.0,
        "periodic": False,
        "standardise": False,
        "optimizer": "SGD",
        "lr": 1e-5,
        "momentum": 0.9,
        "weight_decay": 0.0,
        "schedule": "none",
        "batch_size": 32,
        "epochs": 3000,
        "patience": 0,
    }
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person can say about a training on a table. Fractions are in [0, 1)."""

    target: str | None = None
    task: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    valid_fraction: float = 0.2  # of the rows that are not test rows
    test_fraction: float = 0.15  # 0: no test part
    valid: Any = None  # a file or a frame
    test: Any = None
    group: str | None = None
    time: str | None = None
    folds: int = 0
    hidden: tuple[int, ...] = (256, 128)
    activation: str = "ReLU"
    dropout: float = 0.1
    periodic: bool | None = None  # embed each number by learnt cosines of it; None: if there are rows enough for it
    standardise: bool = True
    model: Any = None  # a class or a function, called with the numbers of inputs and of outputs
    loss: str | None = None  # None: MSELoss for regression, CrossEntropyLoss for classes
    optimizer: str = "AdamW"
    lr: float = 1e-3
    momentum: float | None = None
    weight_decay: float | None = None  # None: the optimizer's own default
    epochs: int = 200
    batch_size: int | None = None  # None: 32 to 256, by the number of train rows
    schedule: str = "ReduceLROnPlateau"  # "none": the learning rate stays
    patience: int = 20  # 0: never stop early
    clip: float | None = None
    seed: int = 0
    device: str = "auto"
    workers: int = 0
    class_weights: bool = False
    preset: str | None = None

    def __post_init__(self) -> None:
        faults = [fault for fault in self._faults() if fault]
        if faults:
            raise Problem("\n".join(faults), fix=tr("torchwise train --help shows every flag with its range"))

    @classmethod
    def of(cls, **given: Any) -> "Options":
        """Options from what was said (None: not said), on top of the preset if one was named."""
        said = {name: value for name, value in given.items() if value is not None}
        preset = said.get("preset")
        if preset is not None and preset not in PRESETS:
            raise Problem(
                tr("there is no preset {name}", name=repr(preset)), fix=tr("one of: {names}", names=" ".join(PRESETS))
            )
        shaped = [name for name in OF_NETWORK if name in said]
        if shaped and said.get("model") is not None:
            raise Problem(
                tr("{names} shape the network that torchwise builds; an own model has its own shape",
                   names=" ".join(shaped)),
                fix=tr("leave them out, or leave out the own model"),
            )  # fmt: skip
        return cls(**(PRESETS.get(str(preset), {}) | said))

    def _faults(self) -> list[str]:
        """What is out of its range, a sentence each."""

        def at_least(name: str, least: float) -> str:
            value = getattr(self, name)
            small = value is not None and not value >= least
            return tr("{name} is {value}; the least is {least}", name=name, value=value, least=least) if small else ""

        def positive(name: str) -> str:
            value = getattr(self, name)
            wrong = value is not None and not 0 < value < float("inf")
            return tr("{name} is {value}; it must be above 0", name=name, value=value) if wrong else ""

        def fraction(name: str) -> str:
            value = getattr(self, name)
            return "" if 0 <= value < 1 else tr("{name} is {value}; it lies in [0, 1)", name=name, value=value)

        return [
            tr("task is {task}; one of: {names}", task=repr(self.task), names=" ".join(TASKS))
            if self.task is not None and self.task not in TASKS
            else "",
            fraction("valid_fraction"),
            fraction("test_fraction"),
            fraction("dropout"),
            tr("folds is {value}; 0 for none, else from 2", value=self.folds)
            if self.folds == 1 or self.folds < 0
            else "",
            tr("hidden is {value}; widths are whole numbers from 1", value=self.hidden)
            if any(width < 1 for width in self.hidden)
            else "",
            at_least("epochs", 1),
            at_least("patience", 0),
            at_least("seed", 0),
            at_least("workers", 0),
            at_least("batch_size", 1),
            at_least("weight_decay", 0),
            positive("lr"),
            positive("clip"),
            fraction("momentum") if self.momentum is not None else "",
            tr("valid_fraction is 0 and there is no valid file: without valid rows no epoch is the best")
            if self.valid_fraction == 0 and self.valid is None and not self.folds
            else "",
            tr("group and time were both given; rows can be split by one of them") if self.group and self.time else "",
            tr("folds and time were both given; a fold would be trained on its own future")
            if self.folds and self.time
            else "",
            tr("folds and a valid file were both given; each fold is the valid part of the others")
            if self.folds and self.valid is not None
            else "",
        ]
