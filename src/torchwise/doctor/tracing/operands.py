"""The operands of the failing line with their shapes, also where their values must be computed again."""

import ast
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operand
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.fitting import Shape
from torchwise.doctor.tracing.sizes import Sizes
from torchwise.finding import Seen

_kept: list[tuple[Case, Sizes]] = []  # for the case in hand: its values are computed once for all rules


@dataclass(frozen=True, eq=False)
class Shaped:
    """An operand that is a tensor or an array: its code, its place and its shape."""

    text: str
    spot: Spot
    shape: Shape
    value: Any = None
    keyword: str = ""


def sizes_of(case: Case) -> Sizes:
    """The sizes of a case's tensors, kept for all rules."""
    if not _kept or _kept[0][0] is not case:
        _kept[:] = [(case, Sizes(case.flow))]
    return _kept[0][1]


def shaped(case: Case) -> list[Shaped]:
    """The operands of the failing line that have a shape."""
    operation = case.operation
    if operation is None:
        return []
    found = [as_shaped(case, operand) for operand in operation.operands]
    call = operation.node
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and not operation.is_method:
        found.insert(0, at_node(case, call.func.value))  # a receiver that was computed in place
    return [item for item in found if item is not None]


def as_shaped(case: Case, operand: Operand) -> Shaped | None:
    """An operand with its shape; None if it is no tensor or its shape can't be had."""
    if operand.node is None or case.frame is None:
        return None
    value, spot = operand.value, case.spot(operand.node)
    if value is None and not isinstance(operand.node, ast.Constant):
        value = sizes_of(case).value(spot)
    shape = shape_of(value)
    return Shaped(operand.text, spot, shape, value, operand.keyword) if shape is not None else None


def at_node(case: Case, node: ast.AST) -> Shaped | None:
    """Any expression of the failing line, as an operand."""
    spot = case.spot(node)
    value = sizes_of(case).value(spot)
    shape = shape_of(value)
    return Shaped(" ".join(spot.text.split()), spot, shape, value) if shape is not None else None


def shape_of(value: Any) -> Shape | None:
    """The shape of a tensor or an array."""
    if isinstance(value, Tensor) or type(value).__name__ == "ndarray":
        return tuple(int(size) for size in value.shape)
    return None


def seen_of(*items: Shaped) -> tuple[Seen, ...]:
    """Operands as a finding shows them."""
    return tuple(
        Seen(name=item.text, shape=item.shape, dtype=str(getattr(item.value, "dtype", "")).removeprefix("torch."))
        for item in items
    )
