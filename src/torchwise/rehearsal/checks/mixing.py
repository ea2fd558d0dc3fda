"""Samples, time steps or heads that are mixed: by a view, a softmax or a layer that goes along the wrong axis."""

import ast
from collections.abc import Iterator

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Mend, Words
from torchwise.rehearsal.checks.losses import softmax_dim, wrong_dim
from torchwise.rehearsal.checks.words import seen
from torchwise.rehearsal.lineage import has_grad, origin, shape
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Call, Op
from torchwise.rehearsal.watch.sites import Site
from torchwise.texts import Text, note

ARRANGING = {"view", "reshape", "flatten", "unflatten", "view_as", "reshape_as"}
SEQUENTIAL = {"LSTM", "GRU", "RNN", "TransformerEncoder", "TransformerEncoderLayer", "MultiheadAttention"}


def mixed_samples(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A change of one sample changes the outputs of others, and it is known where that begins."""
    for call in rehearsed.calls:
        if call.mixed_by is None:
            continue
        name, site = call.mixed_by
        if name in ARRANGING and _has_samples_first(rehearsed, call):
            yield rehearsed.finding(
                "TW719", site, note("{name} mixes the samples of a batch", name=name),
                why=note("with one sample of a batch changed, the outputs of others change too (in eval mode)"),
                fix=_fix(), seen=seen("input", call.inputs[0]),
            )  # fmt: skip
        elif name not in ARRANGING and _has_one_answer_each(rehearsed, call):
            yield from _along_the_batch(rehearsed, call, site)


def _along_the_batch(rehearsed: Rehearsed, call: Call, site: Site) -> Iterator[Finding]:
    """The layer for sequences, or the softmax, that takes the samples of a batch for the steps of a sequence."""
    rows = shape(call.inputs[0])[:1]
    for part in sorted(rehearsed.record.of(Call), key=lambda part: part.depth):
        is_inside = call.began <= part.began and part.ended <= call.ended and part.site == site
        if is_inside and part.inputs and len(shape(part.inputs[0])) == 3 and shape(part.inputs[0])[:1] == rows:
            info = rehearsed.record.module_info[part.module]
            if info.kind in SEQUENTIAL and _batch_first(rehearsed, part) is False:
                yield _swapped(rehearsed, part, info.kind, "batch_first=True", _chooser(rehearsed, part))
                return
    for op in rehearsed.record.ops[call.began : call.ended]:
        if op.name in ("softmax", "log_softmax") and op.site == site and softmax_dim(op) == 0 and shape(op)[:1] == rows:
            right = next((dim for dim, size in enumerate(shape(op)) if dim and size > 1), 1)
            yield wrong_dim(rehearsed, op, right, note("what belongs to one sample"))
            return


def _has_one_answer_each(rehearsed: Rehearsed, call: Call) -> bool:
    """Whether samples come first for sure: a loader's, or as many targets, of fewer dimensions than the inputs."""
    if rehearsed.rows(call.inputs[0]) == 0:
        return True
    given, outputs = shape(call.inputs[0]), {id(origin(op)) for op in call.outputs}
    return any(
        id(origin(loss.output)) in outputs and loss.target is not None and shape(loss.target)[:1] == given[:1]
        and len(given) >= 3 > len(shape(loss.target))
        for loss in rehearsed.losses
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
        given = op.args[0] if op.name in ("view", "reshape", "view_as", "reshape_as") and op.args else None
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


def swapped_axes(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A recurrent or attention layer that takes the samples of a batch for the steps of a sequence."""
    told = set()
    for call in rehearsed.record.of(Call):
        info = rehearsed.record.module_info[call.module]
        if info.kind not in SEQUENTIAL or call.module in told or not call.inputs or len(shape(call.inputs[0])) != 3:
            continue
        path = [item for item in rehearsed.record.of(Call) if item.began <= call.began and item.ended >= call.ended]
        around = [item for item in path if item.depth < call.depth]
        if any(rehearsed.record.module_info[item.module].kind in SEQUENTIAL for item in around):
            continue
        batch_first = _batch_first(rehearsed, call)
        rows = rehearsed.rows(call.inputs[0])
        if batch_first is False and rows == 0:
            told.add(call.module)
            yield _swapped(rehearsed, call, info.kind, "batch_first=True", _chooser(rehearsed, call))
        elif batch_first is True and rows == 1:
            told.add(call.module)
            yield _swapped(rehearsed, call, info.kind, note("leave out the transposing"), call.inputs[0].site)


def _batch_first(rehearsed: Rehearsed, call: Call) -> bool | None:
    """batch_first of a layer, or of the layers inside it."""
    own = rehearsed.record.module_info[call.module].settings.get("batch_first")
    return own if own is not None else rehearsed.batch_first(call.module)


def _chooser(rehearsed: Rehearsed, call: Call) -> Site | Mend | None:
    """The line that takes batch_first: of the layer that an encoder is given, or of the layer itself."""
    built = rehearsed.record.module_info[call.module].built
    node = built.node if built is not None else None
    if built is None or built.source is None or not isinstance(node, ast.Call) or not node.args:
        return built
    given = rehearsed.program.flow.born(Spot(built.source, node).at(node.args[0], ()))
    is_layer = call_name(given.node).endswith("EncoderLayer")
    return Mend(file=given.file, line=given.line) if is_layer else built


def _swapped(rehearsed: Rehearsed, call: Call, kind: str, fix: Words, place: object) -> Finding:
    given = call.inputs[0]
    return rehearsed.finding(
        "TW741", call.site,
        note("{kind} gets {shape} and takes the samples of the batch for the steps of a sequence", kind=kind,
             shape=shape(given)),
        why=note("the samples of a batch influence each other, and the steps of a sequence don't"),
        fix=fix, mend=place, seen=seen("input", given),
    )  # fmt: skip


RULES = (mixed_samples, view_for_permute, swapped_axes)
