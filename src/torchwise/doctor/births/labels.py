"""Labels and ids as the whole data has them, and the line where they would be changed for all uses at once."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.births.casts import in_place_of, is_creator
from torchwise.doctor.births.choosing import is_column, is_numpy_call, is_of_data_set
from torchwise.doctor.births.tracer import tracer
from torchwise.doctor.births.way import Step, Way
from torchwise.doctor.births.words import INTEGERS, dtype_of_value
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced

MOST = 1 << 22  # values that are looked through
NUMBERING = re.compile(r"(?:^|_)(?:ids?|idx|index|row|code|label|class|encode|bucket|bin|number)(?:_|$)")
LISTS = (ast.Dict, ast.List, ast.ListComp)
LOOKED_UP = {"argmax", "one_hot", "index", "get", "map"}


def lineage(case: Case, spot: Spot) -> Way:
    """The way of a value back through all that hands its numbers on."""
    return Way(case.flow, spot, "values", lambda operand: None)


def whole(case: Case, spot: Spot, batch: Tensor) -> Tensor | None:
    """All values of which a batch was taken, if they are still at hand."""
    for step in lineage(case, spot):
        values = _as_tensor(tracer(case).value(step.spot))
        if values is not None and values.numel() > batch.numel():
            return values
    return None


def span(case: Case, spot: Spot) -> tuple[int, int] | None:
    """The least and the largest value that the code can give: of randint(1, 6), of a number % 100."""
    value = tracer(case).value
    for step in lineage(case, spot):
        node, made = step.node, step.spot
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            top = value(made.at(node.right, ()))
            return (0, top - 1) if type(top) is int and top > 0 else None
        if isinstance(node, ast.Call) and call_name(node) in ("randint", "integers"):
            bounds = [value(made.at(item, ())) for item in node.args[:2]]
            bounds = [bound for bound in bounds if type(bound) is int]
            if not bounds:
                return None
            return (0, bounds[0] - 1) if len(bounds) == 1 else (bounds[0], bounds[1] - 1)
        if isinstance(node, ast.BinOp | ast.Compare) or _chooses(step):
            return None
    return None


def _chooses(step: Step) -> bool:
    """Whether a step takes chosen values only: labels[keep]."""
    node = step.node
    if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice | ast.Tuple | ast.Constant):
        return False
    return getattr(step.spot.source.scope_of(node), "name", "") != "__getitem__"


def numbers_of(case: Case, spot: Spot) -> Tensor | None:
    """The whole numbers that an expression holds, if they are at hand."""
    return _as_tensor(tracer(case).value(spot))


def _as_tensor(value: Any) -> Tensor | None:
    """The whole numbers in a tensor, an array, a column or a list; None for anything else."""
    if isinstance(value, Tensor):
        is_there = value.device.type == "cpu" and 0 < value.numel() <= MOST
        return value.flatten() if is_there and dtype_of_value(value) in INTEGERS else None
    if isinstance(value, list) and 0 < len(value) <= MOST:
        flat = list(_flat(value))
        return torch.tensor(flat) if flat and all(type(item) is int for item in flat) else None
    if type(value).__module__.split(".")[0] in ("numpy", "pandas") and dtype_of_value(value) in INTEGERS | {"float64"}:
        try:
            values = torch.as_tensor(value.to_numpy() if hasattr(value, "to_numpy") else value).flatten()
        except (TypeError, ValueError, RuntimeError):
            return None
        is_whole = 0 < values.numel() <= MOST and bool((values == values.round()).all())
        return values.long() if is_whole else None
    return None


def _flat(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _flat(list(value))
        elif isinstance(value, Tensor) and value.numel() == 1 and value.device.type == "cpu":
            yield value.item() if value.dtype.is_floating_point else int(value)
        else:
            yield value


def label_place(case: Case, spot: Spot) -> Spot:
    """Where labels are best changed: where the data set keeps or gives them, else where they are made."""
    steps = lineage(case, spot).steps
    place = _place(case, steps)
    if not place.path:
        return place
    index = next((i for i, step in enumerate(steps) if step.spot is place), 0)  # a part: changed where it is used first
    return next((step.spot for step in reversed(steps[:index]) if not step.spot.path), place)


def _place(case: Case, steps: list[Step]) -> Spot:
    """The same, where it may be that only a part of the expression is meant."""
    if (numbered := _numbered(steps)) is not None:
        return numbered
    inside = [step for step in steps if is_of_data_set(step.spot)]
    for step in reversed(inside):
        if is_appended(step.spot):
            return step.spot
        is_list = isinstance(tracer(case).value(step.spot), list | dict) or isinstance(step.node, LISTS)
        if (_is_kept(step) and not is_list) or (is_creator(step.node) and not is_numpy_call(step.node)):
            return step.spot
    for index, step in enumerate(steps):
        if step.link == "batch":
            given = next((s for s in steps[index:] if not isinstance(s.node, ast.Tuple | ast.Dict | ast.List)), None)
            if given is not None and is_of_data_set(given.spot):
                return _assigned_there(steps[index:], given.spot)
    made = [step for step in steps if is_creator(step.node) or _is_own_column(step)]
    return made[-1].spot if made else _assigned(steps)


def _numbered(steps: list[Step]) -> Spot | None:
    """What a helper returns whose name says that it makes numbers of classes or rows: floor_id(floor)."""
    for step in steps[1:]:
        scope = step.spot.source.scope_of(step.node)
        if not isinstance(scope, ast.FunctionDef) or step.link != "same" or step.spot.path:
            continue
        is_whole = isinstance(step.spot.source.parents.get(step.node), ast.Return)
        if is_whole and NUMBERING.search(scope.name):
            return step.spot
    return None


def is_appended(spot: Spot) -> bool:
    """Whether an expression is what is put into a list that begins empty: alone, or as a part of a tuple."""
    parent = spot.source.parents.get(spot.node)
    while isinstance(parent, ast.Tuple | ast.Dict):
        parent = spot.source.parents.get(parent)
    return isinstance(parent, ast.Call) and call_name(parent) == "append" and parent.func is not spot.node


def shifted(place: Spot, low: int) -> Change:
    """Numbers that count from another one than 0, counted from 0: by the name of their lowest, where it has one."""
    tree = place.source.tree
    names = [target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
             if isinstance(target, ast.Name) and _is_number(node.value, low)]  # fmt: skip
    pairs = [(t, v) for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
             for target in node.targets if isinstance(target, ast.Tuple)
             for t, v in zip(target.elts, node.value.elts, strict=False)]  # fmt: skip
    names += [t.id for t, v in pairs if isinstance(t, ast.Name) and _is_number(v, low)]
    text = f"- {names[0]}" if names else f"+ {-low}" if low < 0 else f"- {low}"
    return changed(place, "{} " + text)


def _is_number(node: ast.expr, value: int) -> bool:
    return isinstance(node, ast.Constant | ast.UnaryOp) and ast.unparse(node) == str(value)


def _assigned_there(steps: list[Step], given: Spot) -> Spot:
    """Where what a sample holds was assigned in the same function: label = row["stars"]; else the sample's own part."""
    scope, found = given.source.scope_of(given.node), given
    for step in steps:
        parent = step.spot.source.parents.get(step.node)
        is_whole = isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is step.node
        if is_whole and step.spot.source.scope_of(step.node) is scope:
            found = step.spot
        if isinstance(step.node, ast.Subscript) and isinstance(step.node.slice, ast.Constant):
            break  # one field of a whole row
    return found


def _is_own_column(step: Step) -> bool:
    return isinstance(step.node, ast.Subscript) and is_column(step.node.slice)


def _is_kept(step: Step) -> bool:
    """Whether an expression is what is assigned to an attribute: self.labels = ..."""
    parent = step.spot.source.parents.get(step.node)
    targets = parent.targets if isinstance(parent, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) for target in targets)


def _assigned(steps: list[Step]) -> Spot:
    """The last step that is the whole right side of an assignment or a return; the first step where there is none."""
    for step in reversed(steps[1:]):
        parent = step.spot.source.parents.get(step.node)
        if isinstance(parent, ast.Assign | ast.Return | ast.AnnAssign) and not isinstance(step.node, ast.Name):
            return step.spot
    return steps[0].spot


def changed(place: Spot, form: str) -> Change:
    """An expression changed by a form such as "{} - 1"."""
    is_simple = isinstance(place.node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
    text = place.text if is_simple else f"({place.text})"
    return replaced(place, place.node, in_place_of(place, form.format(text)))


def looks_up(case: Case, spot: Spot) -> bool:
    """Whether values come out of a table or a vocabulary."""
    return any(isinstance(step.node, ast.Call) and call_name(step.node) in LOOKED_UP for step in lineage(case, spot))
