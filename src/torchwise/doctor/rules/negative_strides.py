"""Arrays that run backwards, which torch can't take."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.objects.handed import UNKNOWN, operands
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

FLIPS = {"flip", "fliplr", "flipud", "rot90", "flipud_", "transpose_"}


def array_has_negative_strides(case: Case) -> Iterator[Finding]:
    """TW624: an array was turned round, and torch can't read backwards."""
    if not isinstance(case.error, ValueError) or not re.search(r"strides?\b.*negative|negative strides", case.text):
        return
    spot = array_spot(case)
    if spot is None:
        yield case.finding("TW624", _backwards("it"), why=_no_backwards(), fix=".copy()")
        return
    found = search_back(case.flow, spot, _turns)
    value = spot.value()
    strides = getattr(value, "strides", None)
    what = _backwards(" ".join(spot.text.split()))
    why: Words = _no_backwards()
    if strides is not None:
        why = note("{why}; its strides are {strides}", why=why, strides=str(tuple(strides)))
    place = found or spot
    text = " ".join(place.text.split())
    change = replaced(place, place.node, f"{text}.copy()", least=place.source.parents.get(place.node))
    if place.line != spot.line:
        why = note("{why}; it was turned round at {place}", why=why, place=name_of_file(place))
    yield case.finding("TW624", what, why=why, fix=change.text, mend=change.mend)


def _backwards(code: str) -> Words:
    return note("{code} is a view that reads its array backwards", code=code)


def _no_backwards() -> Words:
    return note("torch shares an array's memory and can't have negative strides; copy() writes it out forwards")


def _turns(spot: Spot) -> bool:
    """Whether an expression turns an array round."""
    node = spot.node
    if isinstance(node, ast.Call):
        return call_name(node) in FLIPS and "torch" not in ast.unparse(node.func)
    if not isinstance(node, ast.Subscript):
        return False
    return any(isinstance(part, ast.Slice) and _is_negative(part.step) for part in ast.walk(node.slice))


def _is_negative(step: ast.expr | None) -> bool:
    return isinstance(step, ast.UnaryOp) and isinstance(step.op, ast.USub)


def array_spot(case: Case) -> Spot | None:
    """The array of the user's line."""
    node = case.frame.node if case.frame is not None else None
    found = [(item, value) for item, value in operands(case) if not isinstance(item, ast.Constant)]
    arrays = [
        item for item, value in found if value is not UNKNOWN and not isinstance(value, Tensor | str | int | float)
    ]
    unknown = [item for item, value in found if value is UNKNOWN]
    chosen = next(iter([*arrays, *unknown]), None)
    return case.spot(chosen) if node is not None and chosen is not None else None
