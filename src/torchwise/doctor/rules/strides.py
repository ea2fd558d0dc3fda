"""view of a tensor whose values don't lie in memory in the order of the new shape."""

import ast
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, sizes_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.words import brief
from torchwise.finding import Finding
from torchwise.texts import note

REORDERING = {"permute", "transpose", "t", "T", "mT", "swapaxes", "movedim", "expand", "expand_as", "narrow", "unfold",
              "select", "chunk", "split", "broadcast_to", "swapdims", "moveaxis", "diagonal"}  # fmt: skip


def view_of_strided(case: Case) -> Iterator[Finding]:
    """TW213: after transpose, permute, expand or a slice a view is not possible; reshape copies."""
    operation = case.operation
    if operation is None or operation.name not in ("view", "view_as") or not isinstance(operation.node, ast.Call):
        return
    call = operation.node
    if not isinstance(call.func, ast.Attribute):
        return
    given = at_node(case, call.func.value)
    if given is None or not _is_refused(case, given):
        return
    name = "reshape" if operation.name == "view" else "reshape_as"
    spot = case.spot(call)
    text = f"{given.spot.text}.{name}{spot.text[len(spot.source.text(call.func)) :]}"
    change = replaced(spot, call, text)
    maker = _maker(case, given)
    what = note(
        "{name} {shape} can't be viewed: its values don't lie in order", name=given.text, shape=str(given.shape)
    )
    why = note("view never copies, and the strides {strides} don't allow this shape", strides=_strides(given))
    if maker is not None:
        why = note(
            "view never copies, and {code} at line {line} changed the order in memory",
            code=brief(maker.text), line=maker.line,
        )  # fmt: skip
    seen = seen_of(given)
    yield case.finding("TW213", what, why=why, fix=change.text, mend=change.mend, seen=seen)
    if maker is not None and maker.line != spot.line:
        other = attached(maker, ".contiguous()", 2.0, "copied").change
        yield case.finding("TW213", what, fix=other.text, mend=other.mend, seen=seen, sure=False)


def _is_refused(case: Case, given: Shaped) -> bool:
    """Whether it is the order in memory that stands in the way."""
    is_said = "stride" in case.text or "contiguous" in case.text
    return is_said and not (isinstance(given.value, Tensor) and given.value.is_contiguous())


def _strides(given: Shaped) -> str:
    return str(tuple(given.value.stride())) if isinstance(given.value, Tensor) else "?"


def _maker(case: Case, given: Shaped) -> Spot | None:
    """The last expression on the way that changed the order."""
    for step in Chain(sizes_of(case), given.spot).steps:
        node = step.spot.node
        name = node.attr if isinstance(node, ast.Attribute) else call_name(node)
        if isinstance(node, ast.Call | ast.Attribute) and name in REORDERING:
            return step.spot
        if isinstance(node, ast.Subscript) and any(isinstance(item, ast.Slice) for item in ast.walk(node.slice)):
            return step.spot
    return None


RULES = (view_of_strided,)
