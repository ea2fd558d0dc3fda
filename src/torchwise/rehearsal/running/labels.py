"""Which labels a model can learn, as the losses of the rehearsal show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.running.samples import as_tensor
from torchwise.rehearsal.watch.events import Batch, Key, Loss, Op
from torchwise.rehearsal.watch.sites import Site

SAME_VALUES = {"to", "long", "int", "type", "cuda", "cpu", "view", "reshape", "flatten", "squeeze", "unsqueeze",
               "contiguous", "detach", "clone", "view_as", "transpose", "permute", "t"}  # fmt: skip
CLASS_LOSSES = {"cross_entropy", "nll_loss"}


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The labels that a loss takes from one part of a loader's batches: class numbers below `classes`."""

    loader: Key
    part: int
    classes: int
    ignored: int
    site: Site

    def is_wrong(self, leaf: Any) -> Tensor | None:
        """The labels in a leaf that are no class, if there are any."""
        values = as_tensor(leaf)
        if values is None or values.is_floating_point():
            return None
        wrong = values[((values < 0) | (values >= self.classes)) & (values != self.ignored)]
        return wrong if wrong.numel() else None


def labels_of(rehearsed: Rehearsed) -> Iterator[Labels]:
    """What each loss of class numbers takes its labels from."""
    seen = set()
    for loss in rehearsed.record.of(Loss):
        if loss.name not in CLASS_LOSSES or loss.target is None or loss.output.fact is None:
            continue
        batch = _batch_of(loss.target)
        shape = loss.output.fact.shape
        if batch is None or not shape or (loss.target.fact is not None and loss.target.fact.dtype.is_floating_point):
            continue
        event = rehearsed.record.events[batch.batch or 0]
        if not isinstance(event, Batch) or batch.part is None:
            continue
        ignored = loss.op.given(4, "ignore_index", -100)
        found = Labels(
            loader=event.loader, part=batch.part, classes=shape[1] if len(shape) > 1 else shape[0],
            ignored=ignored if isinstance(ignored, int) else -100, site=loss.site,
        )  # fmt: skip
        if (key := (found.loader, found.part, found.classes)) not in seen:
            seen.add(key)
            yield found


def _batch_of(op: Op) -> Op | None:
    """The tensor of a batch that an operation's result holds the values of, unchanged."""
    for _ in range(8):
        if op.name == "batch":
            return op
        if op.name not in SAME_VALUES or not op.args or not isinstance(op.args[0], Op):
            return None
        op = op.args[0]
    return None
