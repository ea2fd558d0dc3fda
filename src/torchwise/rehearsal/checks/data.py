"""The values that go in: far from unit scale, or small integers that ran over."""

from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import number, seen
from torchwise.rehearsal.lineage import origin, shape
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.texts import note

LARGE = 30.0  # a standard deviation, or a mean, this far from 1 and 0


def unscaled(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Inputs that a first linear or convolutional layer takes as they are, with values in the hundreds."""
    told = set()
    for op in rehearsed.record.ops:
        if op.name not in ("linear", "conv1d", "conv2d", "conv3d") or op.module in told or not op.inputs:
            continue
        source = origin(op.inputs[0])
        stats = source.stats if source.name == "batch" else None
        if stats is None or (stats.std < LARGE and abs(stats.mean) < LARGE):
            continue
        told.add(op.module)
        deed = "inputs / 255" if stats.is_whole and stats.high <= 255 and stats.low >= 0 else "(inputs - mean) / std"
        yield rehearsed.finding(
            "TW726", op.site,
            note("the inputs run from {low} to {high}, with a mean of {mean} and a standard deviation of {std}",
                 low=number(stats.low), high=number(stats.high), mean=number(stats.mean), std=number(stats.std)),
            why=note("initial weights and learning rates are made for values around 0 with a spread of about 1"),
            fix=deed, sure=False, seen=seen("inputs", source),
        )  # fmt: skip
        return


def wrapped(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Arithmetic on uint8 images that goes below 0 or above 255."""
    told = set()
    for op in rehearsed.record.ops:
        if op.has_wrapped and len(shape(op)) >= 2 and op.site not in told and op.fact is not None:
            told.add(op.site)
            dtype = str(op.fact.dtype).removeprefix("torch.")
            yield rehearsed.finding(
                "TW742", op.site, note("{name} of {dtype} values runs over", name=op.name, dtype=dtype),
                why=note("{dtype} holds no number outside its range: 10 - 20 becomes 246 in uint8", dtype=dtype),
                fix=note("{code} first", code=".float()"), seen=seen("result", op),
            )  # fmt: skip


RULES = (unscaled, wrapped)
