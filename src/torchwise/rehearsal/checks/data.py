"""The values that go in: far from unit scale, or small integers that ran over."""

import math
from collections.abc import Iterator

from torchwise.finding import Finding, Mend, Place, Words
from torchwise.rehearsal.checks.words import number, seen
from torchwise.rehearsal.lineage import origin, shape
from torchwise.rehearsal.reading.arithmetic import wrapped_in_samples, wrapped_in_tables
from torchwise.rehearsal.reading.inputs import born_inputs
from torchwise.rehearsal.reading.unrolled import place
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Loss, Op
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import note

FAR = 10.0  # times the loss of a constant answer
FULL = 0.98  # of the square that an activation can have at most
LARGE = 30.0  # a standard deviation, or a mean, this far from 1 and 0


def unscaled(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Inputs that a first linear or convolutional layer takes as they are, with values in the hundreds."""
    for op in rehearsed.record.ops:
        if op.name not in ("linear", "conv1d", "conv2d", "conv3d") or not op.inputs:
            continue
        source = origin(op.inputs[0])
        stats = source.stats if source.name == "batch" else None
        if stats is None or (stats.std < LARGE and abs(stats.mean) < LARGE):
            continue
        deed = "inputs / 255" if stats.is_whole and stats.high <= 255 and stats.low >= 0 else "(inputs - mean) / std"
        harm = _far_off(rehearsed) or _saturated(rehearsed, op)
        batch = rehearsed.record.events[source.batch] if source.batch is not None else None
        loader = rehearsed.record.loader_info[batch.loader].held if isinstance(batch, Batch) else None
        made = born_inputs(rehearsed.program, loader) if loader is not None else None
        yield rehearsed.finding(
            "TW726", op.site,
            note("the inputs run from {low} to {high}, with a mean of {mean} and a standard deviation of {std}",
                 low=number(stats.low), high=number(stats.high), mean=number(stats.mean), std=number(stats.std)),
            why=harm or note("initial weights and learning rates are made for values around 0 with a spread of about 1"),
            fix=deed, sure=bool(harm), seen=seen("inputs", source),
            mend=None if made is None or not harm else Mend(file=made.file, line=made.line),
        )  # fmt: skip
        return


def _far_off(rehearsed: Rehearsed) -> Words:
    """That the first loss is many times that of an answer that never changes; "" if it isn't."""
    values = {id(event.roots[0]): event.value for event in rehearsed.backwards if event.roots}
    for loss in rehearsed.losses:
        value, constant = values.get(id(loss.op)), _of_constant(loss)
        if value is not None and constant and value > FAR * constant:
            return note("the first loss is {value}, that of a model which always gives the same answer {constant}: "
                        "the steps go to undoing this", value=number(value), constant=number(constant))  # fmt: skip
        if value is not None:
            return ""
    return ""


def _of_constant(loss: Loss) -> float:
    """The loss of a model whose outputs are all 0."""
    stats = loss.target.stats if loss.target is not None else None
    if loss.name == "cross_entropy" and len(shape(loss.output)) > 1:
        return math.log(max(shape(loss.output)[1], 2))
    if loss.name == "binary_cross_entropy_with_logits":
        return math.log(2)
    return stats.std**2 + stats.mean**2 if loss.name == "mse_loss" and stats is not None else 0.0


def _saturated(rehearsed: Rehearsed, layer: Op) -> Words:
    """That the activation behind a layer gives nothing but its two ends; "" if it doesn't."""
    for op in rehearsed.users.get(id(layer), ()):
        centre, half = {"tanh": (0.0, 1.0), "sigmoid": (0.5, 0.5)}.get(op.name, (0.0, 0.0))
        if half and op.stats is not None and op.stats.std**2 + (op.stats.mean - centre) ** 2 > FULL * half**2:
            return note("{name} behind the first layer gives nothing but {low} and {high}, where its gradient is 0",
                        name=op.name, low=number(op.stats.low), high=number(op.stats.high))  # fmt: skip
    return ""


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
