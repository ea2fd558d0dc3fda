"""What training needs, as in the tutorial's set-up: model, loss, optimizer, train data, valid data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from torchwise.errors import Problem
from torchwise.texts import tr
from torchwise.train.metrics import check_names
from torchwise.train.unit import Unit

Data = Dataset[Any] | DataLoader[Any]
Loss = Callable[[Any, Any], Tensor]


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A model with its loss, its optimizer and its data: all that `fit` needs.

    train, valid: a Dataset of (inputs, targets) samples, or the user's own DataLoader (its batch size and
        workers then count, and giving others here is a Problem). With more than two values a sample, all but
        the last are the model's arguments.
    loss: called as loss(outputs, targets); the mean over the batch.
    schedule: a scheduler from torch.optim.lr_scheduler, stepped once an epoch (OneCycleLR and CyclicLR: once a step).
    clip: the largest gradient norm; None leaves the gradients alone.
    metrics: names (see `torchwise.train.metrics`) or torchmetrics metrics, measured on the valid data.
    device: "auto" is the first of cuda, mps and cpu that is there.
    seed: sets torch's generators when training starts; None leaves them alone.

    Raises Problem if the parts do not fit together; all faults are told at once.
    """

    model: nn.Module
    loss: Loss
    optimizer: torch.optim.Optimizer
    train: Data
    valid: Data | None = None
    batch_size: int | None = None
    schedule: Any = None  # torch's schedulers share no public base class: ReduceLROnPlateau steps with a loss
    clip: float | None = None
    metrics: Sequence[Any] = ()
    device: str | torch.device = "auto"
    seed: int | None = None
    workers: int = 0

    unit: Unit = field(default=Unit(), init=False)  # plain parts are in their own unit already

    def __post_init__(self) -> None:
        faults = [fault for fault in self._faults() if fault]
        if faults:
            raise Problem("\n".join(faults), fix=tr("Setup(model=..., loss=..., optimizer=..., train=..., valid=...)"))
        check_names([metric for metric in self.metrics if isinstance(metric, str)])
        object.__setattr__(self, "device", pick_device(self.device))
        if self.batch_size is None:
            size = self.train.batch_size if isinstance(self.train, DataLoader) else 32
            object.__setattr__(self, "batch_size", size)

    def as_data(self, data: Any, *, labelled: bool) -> Data:
        """`data` as batches can be made of it; here it is that already. A Setup of a table also reads files and frames.

        labelled: whether targets are needed.
        """
        found: Data = data
        return found

    def answers(self, outputs: Any) -> Any:
        """The model's outputs as `predict` gives them; here as they are."""
        return outputs

    def _faults(self) -> list[str]:
        """What does not fit, a sentence each."""
        loaders = [data for data in (self.train, self.valid) if isinstance(data, DataLoader)]
        return [
            "" if isinstance(self.model, nn.Module)
            else tr("model is of type {kind}; it must be an nn.Module (an instance, not the class)",
                    kind=_kind(self.model)),
            "" if callable(self.loss) and not isinstance(self.loss, type)
            else tr("loss is of type {kind}; it must be called as loss(outputs, targets): nn.MSELoss(), with brackets",
                    kind=_kind(self.loss)),
            "" if isinstance(self.optimizer, torch.optim.Optimizer)
            else tr("optimizer is of type {kind}; it must be an optimizer, such as torch.optim.SGD(model.parameters())",
                    kind=_kind(self.optimizer)),
            *(_data_fault(name, getattr(self, name)) for name in ("train", "valid")),
            tr("batch_size={size} stands beside a DataLoader, which has its own batch size; leave one of them out",
               size=self.batch_size) if loaders and self.batch_size is not None else "",
            tr("workers={workers} stands beside a DataLoader, which has its own num_workers; leave one of them out",
               workers=self.workers) if loaders and self.workers else "",
            tr("batch_size is {size}; it must be a whole number from 1", size=self.batch_size)
            if self.batch_size is not None and not _is_count(self.batch_size) else "",
            tr("clip is {clip}; it must be above 0, or None for no clipping", clip=self.clip)
            if self.clip is not None and not self.clip > 0 else "",
        ]  # fmt: skip


def pick_device(wanted: str | torch.device = "auto") -> torch.device:
    """The device to train on: the one wanted, or the first of cuda, mps and cpu that is there.

    Raises Problem if the wanted device is not on this machine.
    """
    if str(wanted) == "auto":
        found = torch.accelerator.current_accelerator(check_available=True)
        return found if found is not None and found.type in ("cuda", "mps") else torch.device("cpu")
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        there = ["cpu"] + [name for name in ("cuda", "mps") if getattr(torch, name).is_available()]
        raise Problem(
            tr("there is no device {wanted} on this machine", wanted=repr(str(wanted))),
            why=tr("PyTorch says: {words}", words=str(error).splitlines()[0]),
            fix=tr("--device {there}, or leave it out", there=" / ".join(there)),
        ) from error
    return device


def _data_fault(name: str, data: object) -> str:
    """What is wrong with a data set; "" if nothing is."""
    if data is None and name == "valid":
        return ""
    if not isinstance(data, Dataset | DataLoader) and not hasattr(data, "__getitem__"):
        return tr("{name} is of type {kind}; it must be a Dataset or a DataLoader", name=name, kind=_kind(data))
    if not isinstance(data, IterableDataset) and hasattr(data, "__len__") and not len(data):
        return tr("{name} has no samples", name=name)
    return ""


def _is_count(value: object) -> bool:
    """Whether this is a whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _kind(value: object) -> str:
    """The type of a value; for a class, that it is a class."""
    return f"type[{value.__name__}]" if isinstance(value, type) else type(value).__name__
