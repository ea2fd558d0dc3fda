"""Tensors with different numbers of rows made one data set: TensorDataset(x, y), StackDataset(x, y)."""

import ast
from collections.abc import Iterator

from torch.utils.data import Dataset, StackDataset, TensorDataset

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.objects.backwards import expressions_behind, search_back, walked
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.rules.building import class_called
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note


def rows_differ(case: Case) -> Iterator[Finding]:
    """TW622: the parts of a data set have different numbers of samples."""
    cls = class_called(case)
    if case.operation is None or cls is None or not issubclass(cls, TensorDataset | StackDataset):
        return
    counts = [(o, len(o.value)) for o in case.operation.operands if o.node is not None and _has_rows(o.value)]
    if len({count for _, count in counts}) < 2:
        return
    odd, count = max(counts, key=lambda item: (-sum(n == item[1] for _, n in counts), item[1]))  # of two the longer
    others = sorted({other for _, other in counts} - {count})
    what = note(
        "{kind} gets {name} with {count} samples, the rest has {others}", kind=cls.__name__, name=odd.text, count=count,
        others=", ".join(map(str, others)),
    )  # fmt: skip
    assert odd.node is not None, "chosen so"
    place = _counted(case, odd.node, [o.node for o, n in counts if n != count and o.node is not None])
    why = note("row i of each part belongs to sample i: all must have the same number of rows")
    fix: Words = note("as many samples as the other part has: {others}", others=", ".join(map(str, others)))
    if place is not None:
        why = note("{rule}; {code} at {place} says how many there are", rule=why, code=" ".join(place.text.split()),
                   place=name_of_file(place))  # fmt: skip
    yield case.finding("TW622", what, why=why, fix=fix, mend=place or case.flow.born(case.spot(odd.node)), sure=False)


def _has_rows(value: object) -> bool:
    return isinstance(value, list | tuple | Dataset) or bool(getattr(value, "shape", ()))


def _counted(case: Case, node: ast.AST, others: list[ast.AST]) -> Spot | None:
    """What says how many rows there are, for this part alone: the end of a range, or a slice of the rows."""
    behind_others = {part for other in others for spot in expressions_behind(case.flow, case.spot(other))
                     for part in walked(spot.node)}  # fmt: skip
    found = search_back(case.flow, case.spot(node), lambda spot: spot.node not in behind_others and _chooses_rows(spot))
    if found is None or not isinstance(found.node, ast.Call):
        return found
    end = found.node.args[0] if len(found.node.args) == 1 else found.node.args[1]
    born = case.flow.born(found.at(end, ()))
    return born if isinstance(born.node, ast.BinOp) else found


def _chooses_rows(spot: Spot) -> bool:
    node = spot.node
    if isinstance(node, ast.Call) and call_name(node) in ("range", "arange") and node.args:
        return True
    if not isinstance(node, ast.Subscript):
        return False
    rows = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    if not isinstance(rows, ast.Slice) or (rows.lower is None and rows.upper is None and rows.step is None):
        return False
    names = [item for item in ast.walk(rows) if isinstance(item, ast.Name)]
    return not any(_runs(spot, name) for name in names)  # series[i : i + 24] is one row of many


def _runs(spot: Spot, name: ast.Name) -> bool:
    """Whether a variable runs through a loop."""
    found = binding_of(spot.source, name.id, name)
    return found is not None and found[0].kind == "element"


RULES = (rows_differ,)
