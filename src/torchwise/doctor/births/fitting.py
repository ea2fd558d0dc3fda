"""Changes that make the output and the target of a loss fit each other, on the failing line or on their way."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.doctor.births.labels import lineage
from torchwise.doctor.births.loss import Loss
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced

Shape = tuple[int, ...]
Accept = Callable[[Shape, Shape], bool]  # whether an output and a target of these shapes fit


@dataclass(frozen=True, eq=False)
class Fit:
    """A change that makes them fit. cost: the higher, the less likely; kind: what was found."""

    change: Change
    cost: float
    kind: str = ""


def found_on_the_way(case: Case, loss: Loss, accept: Accept) -> Iterator[Fit]:
    """Edits of the expressions that led to the output or to the target."""
    output, target = tuple(loss.output.shape), tuple(loss.target.shape)
    for spot, fits in (
        (loss.target_spot, lambda shape: accept(output, shape)),
        (loss.output_spot, lambda shape: accept(shape, target)),
    ):
        for repair in repairs(sizes_of(case), spot, _of_value(fits)):
            yield Fit(repair.edit.change, repair.cost, repair.edit.kind)


def _of_value(fits: Callable[[Shape], bool]) -> Callable[[Any], bool]:
    def accept(value: Any) -> bool:
        return isinstance(value, Tensor) and fits(tuple(value.shape))

    return accept


def at_the_line(spot: Spot, text: str, cost: float) -> Fit:
    """The operand with something behind it: labels.squeeze(1)."""
    return Fit(attached(spot, text, cost, "line").change, cost)


def column_maker(case: Case, spot: Spot) -> Fit | None:
    """Where a value became a column (N, 1): unsqueeze(1), reshape(-1, 1), [:, None], table[["y"]], [label]."""
    for index, step in enumerate(lineage(case, spot).steps):
        text = _without_column(step.spot)
        if text is not None:
            return Fit(replaced(step.spot, step.node, text), 1.0 + 0.01 * index, "column")
        inner = _of_list(step.spot)
        if inner is not None:
            return Fit(inner, 1.0 + 0.01 * index, "column")
    return None


def _without_column(spot: Spot) -> str | None:
    """The expression without what makes the column; None if it makes none."""
    node, source = spot.node, spot.source
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        receiver = source.text(node.func.value)
        arguments = [ast.unparse(item) for item in node.args]
        keywords = [ast.unparse(item.value) for item in node.keywords]
        if call_name(node) in ("unsqueeze", "unsqueeze_") and (arguments or keywords)[-1:] in (["1"], ["-1"]):
            return receiver if receiver not in ("torch",) else source.text(node.args[0])
        if call_name(node) in ("reshape", "view") and arguments[-1:] in (["1"], ["(-1, 1)"], ["[-1, 1]"]):
            return receiver if receiver not in ("torch", "np") else source.text(node.args[0])
    if isinstance(node, ast.Subscript):
        if _is_list_of_one(node.slice):
            return f"{source.text(node.value)}[{source.text(node.slice.elts[0])}]"  # type: ignore[attr-defined]
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2 and _is_none(node.slice.elts[1]):
            return source.text(node.value)
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2 and _is_list_of_one(node.slice.elts[1]):
            rows, column = node.slice.elts
            number = column.elts[0]  # type: ignore[attr-defined]
            return f"{source.text(node.value)}[{source.text(rows)}, {source.text(number)}]"
    return None


def _is_none(node: ast.AST) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or ast.unparse(node).endswith("newaxis")


def _is_list_of_one(node: ast.AST) -> bool:
    return isinstance(node, ast.List) and len(node.elts) == 1


def _of_list(spot: Spot) -> Change | None:
    """torch.tensor(label) for torch.tensor([label]) of one sample."""
    node = spot.node
    if not isinstance(node, ast.Call) or call_name(node) not in (
        "tensor",
        "as_tensor",
        "array",
        "LongTensor",
        "asarray",
    ):
        return None
    if not node.args or not _is_list_of_one(node.args[0]):
        return None
    inner = node.args[0].elts[0]  # type: ignore[attr-defined]
    if call_name(node) == "LongTensor":  # LongTensor(3) would be three numbers
        return replaced(spot, node, f"torch.tensor({spot.source.text(inner)})")
    return replaced(spot, node.args[0], spot.source.text(inner), least=node)
