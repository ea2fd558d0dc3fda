"""Class labels that lie outside the classes a model has outputs for."""

import ast
import re
from collections.abc import Iterator

import torch
from torch import Tensor

from torchwise.doctor.births.casts import is_creator
from torchwise.doctor.births.choosing import is_column
from torchwise.doctor.births.counts import count_change
from torchwise.doctor.births.criterion import with_setting
from torchwise.doctor.births.labels import changed, is_appended, label_place, lineage, numbers_of, shifted, span, whole
from torchwise.doctor.births.loss import CLASSES, Loss, loss_of
from torchwise.doctor.births.numbering import counted_from
from torchwise.doctor.births.words import INTEGERS, named
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.rules.label_dtypes import loss_text, shown
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding, Words
from torchwise.texts import note

IGNORED = -100  # torch's own ignore_index


def labels_out_of_range(case: Case) -> Iterator[Finding]:
    """TW601: a label that is no number of a class."""
    loss = loss_of(case)
    if loss is None or loss.name not in CLASSES | {"multi_margin_loss"} or loss.output.dim() == 0:
        return
    if named(loss.target.dtype) not in INTEGERS or loss.target.numel() == 0 or loss.target.device.type == "meta":
        return
    if not re.search(r"out of (?:bounds|range)|device-side assert|t >= 0|[Aa]ssertion", case.text):
        return
    ignored = loss.given("ignore_index")
    ignored = ignored if isinstance(ignored, int) else IGNORED
    classes = loss.classes
    bad = _outside(loss.target.flatten().long(), classes, ignored)
    if not bad.numel():
        return
    everything = whole(case, loss.target_spot, loss.target)
    values = everything if everything is not None else loss.target.flatten().long()
    if (bounds := span(case, loss.target_spot)) is not None and bounds[0] <= int(values.min()):
        values = torch.cat(
            [values, torch.tensor([max(bounds[0], int(values.min()) - 2), max(bounds[1], int(values.max()))])]
        )
    yield from _explained(case, loss, values[values != ignored], classes, bad)


def _outside(values: Tensor, classes: int, ignored: int) -> Tensor:
    """The labels that are no class."""
    return values[((values < 0) | (values >= classes)) & (values != ignored)]


def _explained(case: Case, loss: Loss, values: Tensor, classes: int, bad: Tensor) -> Iterator[Finding]:
    """The cause by the values that there are."""
    low, high, kinds = int(values.min()), int(values.max()), torch.unique(values)
    name = " ".join(loss.target_spot.text.split())
    what = note("{name} has the class {bad}, the model has {classes} outputs: classes 0 to {last}",
                name=name, bad=int(bad[0]), classes=classes, last=classes - 1)  # fmt: skip
    why = note("{loss} counts the classes from 0; the labels here go from {low} to {high}",
               loss=loss_text(loss), low=low, high=high)  # fmt: skip
    options = list(_changes(case, loss, kinds, classes))
    for index, (change, more) in enumerate(options):
        yield case.finding("TW601", what, why=sentences(why, more), fix=change.text, mend=change.mend,
                           sure=index == 0, seen=shown(loss))  # fmt: skip
    if not options:
        fix = note("{labels} outputs", labels=high + 1)
        yield case.finding("TW601", what, why=why, fix=fix, seen=shown(loss))


def _changes(case: Case, loss: Loss, kinds: Tensor, classes: int) -> Iterator[tuple[Change, Words]]:
    """What would mend it, the likeliest first."""
    low, high, count = int(kinds.min()), int(kinds.max()), len(kinds)
    wider = _wider(case, loss, high + 1)
    place = label_place(case, loss.target_spot)
    mark = _mark(kinds, classes)
    if kinds.tolist() == [-1, 1] and classes == 2:
        yield changed(place, "({} + 1) // 2"), note("-1 and 1 become 0 and 1")
    elif mark is not None:
        text = with_setting(case, loss, f"ignore_index={mark}")
        yield text, note("{mark} marks what has no class, and only ignore_index is skipped", mark=mark)
    elif low >= 1 and wider is not None and _is_fed(case, loss):
        yield wider, note("the labels are ids that the model reads too, so they keep their numbers")
    elif low >= 1 and high - low < classes:
        counted = counted_from(case, loss.target_spot, low, high, classes)
        yield (
            counted or changed(place, f"{{}} - {low}"),
            note("counted from {low}, they become classes by - {low}", low=low),
        )
        if wider is not None:
            yield wider, ""
    elif count <= classes and low >= 0 and count > 1 and high > count:
        more = note("{count} different numbers become classes by their place in the sorted list", count=count)
        yield _by_place(case, place, kinds.tolist(), classes), more
    elif low >= 0:
        if wider is not None:
            yield wider, note("{high} is the largest label, so {wanted} outputs are needed", high=high, wanted=high + 1)
        if low == 1:
            yield changed(place, "{} - 1"), ""
    elif low < -1 and high - low < classes:
        yield shifted(place, low), note("counted from {low}, they become classes by - {low}", low=low)
    else:
        yield changed(place, "{}.clamp(min=0)"), note("a negative number is no class")


def _by_place(case: Case, place: Spot, kinds: list[int], classes: int) -> Change:
    """Codes turned into numbers of classes: one by one by a table that the program has, else all at once."""
    name = getattr(place.source.scope_of(place.node), "name", "")
    if not is_appended(place) and name in ("", "__init__"):
        return changed(place, "torch.unique({}, return_inverse=True)[1]")
    if isinstance(place.node, ast.Call) and is_creator(place.node) and place.node.args:
        place = place.at(place.node.args[0], ())
    tables = [item for frame in case.user for item in frame.frame.f_globals.items() if not item[0].startswith("_")]
    known = [(name, table) for name, table in tables if isinstance(table, dict | list | tuple)
             and all(kind in table for kind in kinds)]  # fmt: skip
    for name, table in known:
        if isinstance(table, dict) and sorted(map(str, table.values())) == sorted(map(str, range(len(table)))):
            return changed(place, name + "[{}]")
    for name, table in known:
        if len(table) == classes:
            return changed(
                place, f"{name}.index({{}})" if isinstance(table, list | tuple) else f"sorted({name}).index({{}})"
            )
    return changed(place, f"{kinds}.index({{}})")


def _is_fed(case: Case, loss: Loss) -> bool:
    """Whether the labels and the model's input are the same ids, as in a language model."""
    labels: set[int] = set()
    for before in lineage(case, loss.target_spot).steps[1:]:
        if isinstance(before.node, ast.Subscript) and is_column(before.node.slice):
            break
        if not before.spot.path and (is_creator(before.node) or numbers_of(case, before.spot) is not None):
            labels.add(id(before.node))
    for step in case.flow.trail(loss.output_spot):
        if isinstance(step.node, ast.Call) and step.node.args:
            given = lineage(case, step.at(step.node.args[0], ()))
            return any(id(other.node) in labels for other in given)
    return False


def _mark(kinds: Tensor, classes: int) -> int | None:
    """The one value outside the classes that marks unlabelled samples: -1, 255."""
    outside = [int(value) for value in kinds if not 0 <= int(value) < classes]
    if len(outside) != 1 or len(kinds) < 2:
        return None
    value = outside[0]
    inside = [int(kind) for kind in kinds if 0 <= int(kind) < classes]
    return value if value < 0 or value in (255, 254, 99, 999) or value > 2 * max([classes, *inside]) else None


def _wider(case: Case, loss: Loss, wanted: int) -> Change | None:
    """The layer that gives the outputs, with as many as there are classes."""
    dim = 1 - loss.output.dim() if loss.output.dim() > 1 else -1
    origin = sizes_of(case).origin(loss.output_spot, dim, loss.classes)
    if origin.layer is not None and origin.parameter:
        return count_change(case, origin.layer, origin.parameter, wanted)
    if origin.number is not None:
        return number_change(case, origin.number, wanted, everywhere=True)
    return None


RULES = (labels_out_of_range,)
