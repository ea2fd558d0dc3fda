"""view or reshape where the axes were to be swapped: samples, time steps or heads are mixed."""

from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import seen
from torchwise.rehearsal.lineage import has_grad, shape
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Call, Op
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import Text, note

ARRANGING = {"view", "reshape", "view_as", "reshape_as"}


def mixed_samples(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A change of one sample changes the outputs of others, and a view is where it happens."""
    for call in rehearsed.calls:
        if call.mixed_by is None or not _has_samples_first(rehearsed, call):
            continue
        name, site = call.mixed_by
        yield rehearsed.finding(
            "TW719", site, note("{name} mixes the samples of a batch", name=name),
            why=note("with one sample of a batch changed, the outputs of others change too (in eval mode)"),
            fix=_fix(), seen=seen("input", call.inputs[0]),
        )  # fmt: skip


def _has_samples_first(rehearsed: Rehearsed, call: Call) -> bool:
    """Whether the model's outputs meet one target a sample, or its inputs are a loader's batch."""
    if rehearsed.rows(call.inputs[0]) == 0:
        return True
    outputs = {id(op) for op in call.outputs}
    rows = shape(call.inputs[0])[:1]
    return any(
        id(loss.output) in outputs and loss.target is not None and shape(loss.target)[:1] == rows
        for loss in rehearsed.losses
    )


def view_for_permute(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A view to the same sizes in another order, or into heads that stand before the positions."""
    told: set[Site] = set()
    for op in rehearsed.record.ops:
        given = op.args[0] if op.name in ARRANGING and op.args else None
        if not isinstance(given, Op) or op.module is None or op.site in told or not has_grad(op):
            continue
        if _is_permuted(shape(given), shape(op)) or _is_split_wrongly(shape(given), shape(op)):
            told.add(op.site)
            yield rehearsed.finding(
                "TW719", op.site,
                note("{name} from {before} to {after} doesn't swap axes: it deals the values out in their old order",
                     name=op.name, before=shape(given), after=shape(op)),
                why=note("what stood together (a sample, a time step, a channel) is torn apart"),
                fix=_fix(), seen=seen("before", given),
            )  # fmt: skip


def _fix() -> Text:
    return note("transpose(...) or permute(...) to swap axes; view only joins or splits neighbouring ones")


def _is_permuted(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """The same sizes in another order, those of 1 left out."""
    one, other = [size for size in before if size > 1], [size for size in after if size > 1]
    return len(one) > 1 and one != other and sorted(one) == sorted(other)


def _is_split_wrongly(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """(B, T, H * D) to (B, H, T, D)."""
    if len(before) != 3 or len(after) != 4:
        return False
    (rows, steps, width), (same, heads, again, each) = before, after
    return rows == same and steps == again and heads * each == width and 1 < heads != steps > 1


RULES = (mixed_samples, view_for_permute)
