"""Features that lie in another dimension than the layer looks at, or were averaged away."""

import ast
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.areas import TURNS
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.dimensions import REDUCTIONS, decided
from torchwise.doctor.layerwise.expressions import first_argument, with_suffix, without
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.shapes import Way, shape_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.doctor.tracing.edits import is_number
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

INDEXED = {"getitem", "__getitem__", "select"}


def transposed(case: Case, way: Way, built: int) -> Iterator[Finding]:
    """TW201: the features are there, but not in the last dimension."""
    given = way.given
    if not isinstance(given, Tensor) or given.dim() not in (2, 3) or built not in given.shape[:-1]:
        return
    shape = shape_of(given)
    what = note("the linear layer gets {given} features, it was built for {built}", given=shape[-1], built=built)
    why: Words = note(
        "the {built} features of {shape} are not in the last dimension", built=built, shape=shape_text(shape)
    )
    turn = turned_by(way, given, built)
    if turn is not None:
        spot = way.users_spot(turn)
        change = without(turn.spot) if spot is turn.spot else None
        why = note("{code} turns {before} into {after}", code=way.name(turn), before=shape_text(turn.given or ()),
                   after=shape_text(turn.shape or ()))  # fmt: skip
        fix: Words = change.text if change is not None else note("leave {code} out", code=way.name(turn))
        yield case.finding("TW201", what, why=why, fix=fix, mend=change.mend if change is not None else spot)
        return
    if given.dim() == 3 and shape[1] == built and lies_in(way, given, 1, -1):
        yield _to_transpose(case, way, given, what, why)
    elif given.dim() == 2:
        yield from _data_on_its_side(case, way, given, what, why)


def reduced(case: Case, way: Way, built: int, code: str = "TW201", told: Words = "") -> Iterator[Finding]:
    """TW201 (TW205): a mean, sum or maximum over the features instead of over the positions."""
    given = way.given
    for step in way.back(given):
        before, after = step.given, step.shape
        if step.module is not None and before != after:
            return
        if step.name not in REDUCTIONS | INDEXED or before is None or after is None or len(before) <= len(after):
            continue
        places = [dim for dim in range(1, len(before)) if before[dim] == built]
        kept = next((dim for dim in range(len(before) - 1, 0, -1) if before[dim] == after[-1]), None)
        if len(places) != 1 or kept is None or kept == places[0] or given is None or given.shape[-1] != after[-1]:
            return
        rank = len(before)
        spot = way.users_spot(step)
        if not lies_in(way, step.inputs[0], places[0] - rank, kept - rank) or spot is None:
            return
        change = _along(case, spot, kept, places[0], rank)
        if change is None and step.name in INDEXED:
            return
        what = note("the linear layer gets {given} features, it was built for {built}", given=after[-1], built=built)
        why: Words = note(
            "{code} goes over the {built} features of {shape} and leaves the {given} of dimension {dim}",
            code=way.name(step), built=built, shape=shape_text(before), given=after[-1], dim=kept,
        )  # fmt: skip
        fix: Words = change.text if change is not None else note("dim={dim}", dim=kept)
        yield case.finding(code, told or what, why=why, fix=fix, mend=change.mend if change is not None else spot)
        return


def _along(case: Case, spot: Spot, dim: int, features: int, rank: int) -> Change | None:
    """A reduction along another dimension: mean(dim=2) for mean(dim=1); states[:, -1, :] for states[:, :, -1]."""
    node, source = spot.node, spot.source
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        parts = [source.text(item) for item in node.slice.elts]
        numbers = [index for index, part in enumerate(parts) if part != ":"]
        if len(numbers) != 1 or dim >= len(parts):
            return None
        parts.insert(dim, parts.pop(numbers[0]))
        return replaced(spot, node, f"{source.text(node.value)}[{', '.join(parts)}]")
    if not isinstance(node, ast.Call):
        return None
    named = keyword_of(node, "dim") or keyword_of(node, "axis")
    found = named or next((i for i in node.args if is_number(i) or isinstance(i, ast.Tuple | ast.List)), None)
    if isinstance(found, ast.Tuple | ast.List) and rank - len(found.elts) == 2:
        rest = [str(place) for place in range(1, rank) if place != features]
        return replaced(spot, found, f"({', '.join(rest)})", least=node)
    if found is None or isinstance(found, ast.Tuple | ast.List):
        return None
    return number_change(case, spot.at(found, ()), dim, node)


def turned_by(way: Way, given: Tensor, built: int) -> Step | None:
    """The step that moved the features away from the last dimension."""
    for step in way.back(given):
        if step.name in TURNS and step.inputs and step.inputs[0].dim() and step.inputs[0].shape[-1] == built:
            return step
        if step.module is not None and step.shape != step.given:
            return None
    return None


def lies_in(way: Way, given: Tensor, wanted: int, other: int) -> bool:
    """Whether a dimension holds the features: a layer gave it its size, or none gave the other one its size."""
    if not -given.dim() <= wanted < given.dim() or not -given.dim() <= other < given.dim():
        return False
    return decided(way, given, wanted).kind == "layer" or decided(way, given, other).kind in ("outside", "other")


def _to_transpose(case: Case, way: Way, given: Tensor, what: Words, why: Words) -> Finding:
    """Dimension 1 is to come last: where the data were made, else in the call."""
    spot = way.users_spot(way.failed) if way.failed is not None else None
    argument = first_argument(spot)
    change = with_suffix(argument, argument.node, ".transpose(1, 2)") if argument is not None else None
    fix: Words = change.text if change is not None else "x.transpose(1, 2)"
    return case.finding("TW201", what, why=why, fix=fix, mend=change.mend if change is not None else spot)


def _data_on_its_side(case: Case, way: Way, given: Tensor, what: Words, why: Words) -> Iterator[Finding]:
    """A table whose columns are the samples: only where a transposition on the way shows it."""
    arrival = arrival_of(case, way.origin(given))
    turns = (
        [spot for spot in arrival.shaped if spot.text.rstrip("()").endswith((".T", ".t")) or "transpose" in spot.text]
        if arrival
        else []
    )
    for spot in turns[:1]:
        change = without(spot)
        if change is not None:
            yield case.finding("TW201", what, why=why, fix=change.text, mend=change.mend)
