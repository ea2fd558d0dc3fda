"""The values that go in: far from unit scale, or small integers that ran over."""

from collections.abc import Iterator

from torchwise.finding import Finding, Place, Words
from torchwise.rehearsal.checks.words import number, seen
from torchwise.rehearsal.lineage import origin, shape
from torchwise.rehearsal.reading.arithmetic import wrapped_in_samples, wrapped_in_tables
from torchwise.rehearsal.reading.unrolled import place
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.sites import Site
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
    """Arithmetic on small integers, such as uint8 images, that leaves their range."""
    told = set()
    for op in rehearsed.record.ops:
        if op.has_wrapped and len(shape(op)) >= 2 and op.fact is not None and (op.site.file, op.site.line) not in told:
            told.add((op.site.file, op.site.line))
            dtype = str(op.fact.dtype).removeprefix("torch.")
            yield _wrapped(rehearsed, op.site, note("{name} of {dtype} values runs over", name=op.name, dtype=dtype))
    spots = [spot for info in rehearsed.record.loader_info.values() if info.held is not None
             for spot in wrapped_in_samples(info.held.dataset)]  # fmt: skip
    if rehearsed.sources:
        spots += wrapped_in_tables(rehearsed.sources[0], rehearsed.globals)
    for spot in spots:
        if (spot.file, spot.line) not in told:
            told.add((spot.file, spot.line))
            yield _wrapped(rehearsed, place(spot), note("{code} runs over", code=spot.text))


def _wrapped(rehearsed: Rehearsed, where: Site | Place, what: Words) -> Finding:
    return rehearsed.finding(
        "TW742", where, what,
        why=note("small integers hold no number outside their range: in uint8 10 - 20 becomes 246, and 250 + 10 "
                 "becomes 4"),
        fix=note("{code} first", code=".float() / .astype(np.float32)"),
    )  # fmt: skip


RULES = (unscaled, wrapped)
