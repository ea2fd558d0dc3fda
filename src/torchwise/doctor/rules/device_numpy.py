"""Tensors of an accelerator that are turned into NumPy arrays."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.births.casts import method_around
from torchwise.doctor.births.tracer import tracer
from torchwise.doctor.births.way import Way
from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.values import seen
from torchwise.finding import Finding
from torchwise.texts import note


def numpy_of_an_accelerator(case: Case) -> Iterator[Finding]:
    """TW107: .numpy(), np.asarray or a function of NumPy's, of a tensor that is not on the CPU."""
    if not re.search(r"tensor to numpy|to numpy|host memory", case.text) or case.operation is None:
        return
    found = _tensor(case)
    if found is None:
        return
    spot, value = found
    name = " ".join(spot.text.split())
    what = note("{name} is on {device}, and NumPy works on the memory of the CPU", name=name, device=str(value.device))
    why = note("an array shares the memory of its tensor, so the tensor must be copied to the CPU first")
    place = _collected(case, spot)
    is_simple = isinstance(place.node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    text = place.text if is_simple else f"({place.text})"
    copied = f"{text}.detach().cpu()" if value.requires_grad and "detach" not in text else f"{text}.cpu()"
    change = replaced(place, place.node, copied, least=method_around(place))
    shown = seen(name, value)
    yield case.finding("TW107", what, why=why, fix=change.text, mend=change.mend,
                       seen=(shown,) if shown is not None else None)  # fmt: skip


def _tensor(case: Case) -> tuple[Spot, Tensor] | None:
    """The tensor, and its expression in the user's line."""
    operation = case.operation
    assert operation is not None and case.frame is not None, "checked by the caller"
    node = operation.node
    nodes: list[ast.expr] = [o.node for o in operation.operands if isinstance(o.node, ast.expr)]
    if isinstance(node, ast.Call) and call_name(node) == "numpy" and isinstance(node.func, ast.Attribute):
        nodes.insert(0, node.func.value)
    for inner in nodes:
        spot = case.spot(inner)
        value = spot.value()
        value = tracer(case).value(spot) if value is None else value
        if isinstance(value, Tensor) and value.device.type != "cpu":
            return spot, value
        if isinstance(value, list | tuple):
            item = next((v for v in value if isinstance(v, Tensor) and v.device.type != "cpu"), None)
            if item is not None:
                return spot, item
    return None


def _collected(case: Case, spot: Spot) -> Spot:
    """For a list of tensors the line that put them in; else the expression itself."""
    if not isinstance(spot.value(), list | tuple):
        return spot
    for step in Way(case.flow, spot, "values", lambda operand: None):
        if step.link == "element":
            return step.spot
    return spot


RULES = (numpy_of_an_accelerator,)
