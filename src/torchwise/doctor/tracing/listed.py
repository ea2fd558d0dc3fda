"""A list of constants that is as long as the odd size: the other lists beside it tell how long it should be."""

import ast
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.backwards import expressions_behind
from torchwise.doctor.objects.changes import at_line
from torchwise.doctor.spots import Spot
from torchwise.texts import note

LEAST = 3  # values: two may be anything
MOST_APART = 2  # values too many or too few


def odd_list(case: Case, behind: Spot, size: int, wanted: int) -> Change | None:
    """The list that a size came from, if it lacks a value (or two) that another list beside it has."""
    if min(size, wanted) < LEAST or abs(size - wanted) > MOST_APART:
        return None
    for spot in expressions_behind(case.flow, behind):
        if len(_values(spot.node)) != size:
            continue
        twin = next((name for name, items in _beside(spot) if len(items) == wanted), None)
        if twin is not None:
            return at_line(spot, note("{wanted} values, one for each of {twin}: here are {size}", wanted=wanted,
                                      twin=twin, size=size))  # fmt: skip
    return None


def _values(node: ast.AST) -> list[ast.expr]:
    """The items of a list, a tuple or an array of constants."""
    if isinstance(node, ast.Call) and len(node.args) >= 1:
        return _values(node.args[0])
    items = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return items if all(isinstance(item, ast.Constant | ast.UnaryOp) for item in items) else []


def _beside(spot: Spot) -> Iterator[tuple[str, list[ast.expr]]]:
    """The other lists of constants in the same block, or in the same dictionary or call, with their names."""
    statement = spot.source.statement_of(spot.node)
    around = spot.source.parents.get(statement)
    for other in getattr(around, "body", []):
        if isinstance(other, ast.Assign | ast.AnnAssign) and other is not statement and other.value is not None:
            target = other.targets[0] if isinstance(other, ast.Assign) else other.target
            yield ast.unparse(target), _values(other.value)
    for node in ast.walk(statement):
        if isinstance(node, ast.Dict) and spot.node in node.values:
            yield from ((ast.unparse(key), _values(item)) for key, item in zip(node.keys, node.values, strict=True)
                        if key is not None and item is not spot.node)  # fmt: skip
        elif isinstance(node, ast.Call) and any(keyword.value is spot.node for keyword in node.keywords):
            yield from ((word.arg or "", _values(word.value)) for word in node.keywords if word.value is not spot.node)
