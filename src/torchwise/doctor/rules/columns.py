"""A column too many: the label that is still among the features."""

import ast
from collections.abc import Iterator

from torchwise.doctor import properties
from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.dimensions import decided
from torchwise.doctor.samples import element
from torchwise.doctor.shapes import Way, shape_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note


def label_left_in(case: Case, way: Way, built: int) -> Iterator[Finding]:
    """TW201: a row has one feature more than the layer was built for, and the label is cut from the same table."""
    if way.given is None or shape_of(way.given)[-1] != built + 1:
        return
    found = decided(way, way.given, -1)
    origin = way.origin(found.tensor) if found.kind == "outside" else None
    arrival = arrival_of(case, origin)
    label = _label_of(case, origin) if origin is not None else None
    if arrival is None or label is None:
        return
    common = _roots(arrival.way) & _roots(properties.trail(case.flow, label, "dtype"))
    if not common:
        return
    table = sorted(common)[0]
    what = note("the linear layer gets {given} features, it was built for {built}", given=built + 1, built=built)
    why: Words = note(
        "{code} is {shape}: one column more than wanted, and the label is a column of {table} too",
        code=origin.text if origin else "", shape=shape_text(shape_of(found.tensor)), table=table,
    )  # fmt: skip
    spot = next(
        (spot for spot in arrival.way if isinstance(spot.node, ast.Subscript) and _is_column_cut(spot.node)),
        arrival.spot,
    )
    yield case.finding("TW201", what, why=why, fix=note("leave the label's column out of the features"), mend=spot)


def _label_of(case: Case, origin: Spot) -> Spot | None:
    """The second part of the batch whose first part the features are."""
    for spot in case.flow.trail(origin):
        if not isinstance(spot.node, ast.Name):
            continue
        found = binding_of(spot.source, spot.node.id, spot.node)
        if found is not None and found[0].kind == "element" and found[0].path[-1:] == (0,):
            return element(case.flow, spot.at(found[0].node, (*found[0].path[:-1], 1)))
    return None


def _roots(way: list[Spot] | tuple[Spot, ...]) -> set[str]:
    """The tables that expressions are cut from."""
    found: set[str] = set()
    for spot in way:
        for node in ast.walk(spot.node):
            if isinstance(node, ast.Subscript):
                base = node.value
                while isinstance(base, ast.Attribute | ast.Subscript) and (
                    not isinstance(base, ast.Attribute) or base.attr in ("iloc", "loc", "values", "T")
                ):
                    base = base.value
                found.add(ast.unparse(base))
        if isinstance(spot.node, ast.Name | ast.Attribute):
            found.add(ast.unparse(spot.node))
    return found - {"self"}


def _is_column_cut(node: ast.Subscript) -> bool:
    """Whether an index cuts columns: x[:, 0:]."""
    return isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2
