"""Indices that are no integers, or too short ones."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from torchwise.doctor.births.asking import cast_findings
from torchwise.doctor.births.tracer import tracer
from torchwise.doctor.births.words import FLOATS, INTEGERS, dtype_of_value
from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding
from torchwise.texts import note

SAYS_SO = re.compile(
    r"used as ind(?:ices|ex)|valid indices|converted to an index|for index|tensor for index|dtype of indices"
    r"|index.*(?:dtype|Long|int)|not implemented for '(?:Float|Double|Half|BFloat16)'|indices must be"
    r"|scalar type Long but found|cannot be interpreted as an integer|must be (?:an? )?int|must be tuple of ints",
    re.I,
)
BASED = {
    "gather", "index_select", "scatter", "scatter_", "scatter_add", "scatter_add_", "index_add", "index_add_", "take",
    "index_fill", "index_fill_", "index_copy", "index_copy_", "take_along_dim", "index_put_", "scatter_reduce",
    "scatter_reduce_",
}  # fmt: skip
INDEXED = BASED | {"bincount", "repeat_interleave", "searchsorted"}


def index_is_a_float(case: Case) -> Iterator[Finding]:
    """TW411: an index or a position is a float tensor, or of another dtype than the operation takes."""
    operation = case.operation
    if operation is None or not isinstance(case.error, IndexError | RuntimeError | TypeError):
        return
    if not SAYS_SO.search(case.text):
        return
    found = _index(case)
    if found is None:
        return
    spot, value = found
    given = dtype_of_value(value)
    name = " ".join(spot.text.split())
    what = note("the index {name} is {given}, not int64", name=name, given=given)
    if _is_mask(case, value):
        why = note("zeros and ones as floats are no mask: as an index only bool is read as one")
        yield from cast_findings(case, "TW411", what, why, spot, (given, "bool"), value)
        return
    why = note("an index counts positions, so it must be an integer tensor (int64), even if its values are whole")
    birth = tracer(case).way_of_dtype(spot, given).birth
    if isinstance(birth.node, ast.BinOp) and isinstance(birth.node.op, ast.Div) and _is_whole(case, birth):
        left, right = birth.source.text(birth.node.left), birth.source.text(birth.node.right)
        change = replaced(birth, birth.node, f"{left} // {right}")
        more = note("/ always gives floats; // divides whole numbers")
        yield case.finding("TW411", what, why=more, fix=change.text, mend=change.mend)
        return
    yield from cast_findings(case, "TW411", what, why, spot, (given, "int64"), value)


def _index(case: Case) -> tuple[Spot, Any] | None:
    """The index that is no integer, and its value."""
    operation = case.operation
    assert operation is not None, "checked by the caller"
    if operation.name in ("getitem", "setitem", "augassign") or isinstance(operation.node, ast.Subscript):
        index = operation.operands[-1].node
        return _of_subscript(case, index) if index is not None else None
    if isinstance(operation.node, ast.Assign | ast.AugAssign | ast.Delete):
        for node in ast.walk(operation.node):
            if isinstance(node, ast.Subscript) and (found := _of_subscript(case, node.slice)) is not None:
                return found
    if operation.name not in INDEXED and operation.name not in ("range", "zeros", "ones", "arange", "randn"):
        return None
    has_base = operation.is_method or operation.name in BASED
    wants_long = operation.name in BASED and re.search(r"\blong\b|int64", case.text, re.I)
    for operand in operation.operands[int(has_base) :]:
        is_named = operand.keyword in ("index", "indices", "repeats", "", "input")
        is_short = wants_long and dtype_of_value(operand.value) in ("int32", "uint8")
        if is_named and operand.node is not None and (_is_float(operand.value) or is_short):
            is_source = operation.name.startswith(("scatter", "index_")) and _is_after_index(
                operation.operands, operand
            )
            if not is_source:
                return case.spot(operand.node), operand.value
    return None


def _is_after_index(operands: Any, operand: Any) -> bool:
    """Whether an integer tensor stands before an operand: then that one was the index."""
    before = operands[1 : operands.index(operand)]
    return any(isinstance(o.value, Tensor) and dtype_of_value(o.value) in INTEGERS for o in before)


def _of_subscript(case: Case, index: ast.AST) -> tuple[Spot, Any] | None:
    """The part of an index that is a float tensor."""
    for part in index.elts if isinstance(index, ast.Tuple) else [index]:
        bounds = [part.lower, part.upper, part.step] if isinstance(part, ast.Slice) else [part]
        for bound in bounds:
            value = tracer(case).value(case.spot(bound)) if bound is not None else None
            if bound is not None and _is_float(value):
                return case.spot(bound), value
    return None


def _is_float(value: Any) -> bool:
    return dtype_of_value(value) in FLOATS | {"int8", "int16"} and hasattr(value, "shape")


def _is_mask(case: Case, value: Any) -> bool:
    """Whether an index of zeros and ones has the shape of what it indexes."""
    operation = case.operation
    base = operation.operands[0].value if operation is not None and operation.operands else None
    if not isinstance(value, Tensor) or not isinstance(base, Tensor) or value.dim() == 0 or value.device.type == "meta":
        return False
    return tuple(base.shape[: value.dim()]) == tuple(value.shape) and bool(((value == 0) | (value == 1)).all())


def _is_whole(case: Case, spot: Spot) -> bool:
    """Whether a division is one of whole numbers."""
    trace = tracer(case)
    node = spot.node
    assert isinstance(node, ast.BinOp), "a division"
    left, right = trace.value(spot.at(node.left, ())), trace.value(spot.at(node.right, ()))
    kinds = [dtype_of_value(side) or type(side).__name__ for side in (left, right)]
    return all(kind in INTEGERS | {"int"} for kind in kinds)


RULES = (index_is_a_float,)
