"""Two devices in one operation: which tensor is on the wrong one, what part it plays, and its expression."""

import ast
import re
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from torchwise.doctor.births.loss import LOSSES
from torchwise.doctor.births.tracer import user_spot
from torchwise.doctor.births.way import FACTORIES, Way
from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operand
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of

ABOUT_DEVICES = re.compile(
    r"same device|expected device|at least two devices|torch\.\w+\.\w*Tensor|different devices?|out of meta tensor"
    r"|indices should be (?:either )?on|on device|device.*(?:cuda|mps|xpu|meta|cpu)|(?:cuda|mps|xpu|meta).*device|must be on"
    r"|weight type .*should be the same|type Tensor but expected one of|nonzero.. raises unimplemented",
    re.S,
)
INDEXED = {
    "gather", "index_select", "index_add", "index_add_", "scatter", "scatter_", "scatter_add", "scatter_add_", "take",
    "index_fill", "index_fill_", "index_copy", "index_copy_", "take_along_dim", "getitem", "setitem", "masked_select",
}  # fmt: skip
MASKED = {"masked_fill", "masked_fill_", "where", "masked_select", "scaled_dot_product_attention", "masked_scatter"}
Part = Literal["input", "target", "mask", "index", "state", "weight", "operand"]


@dataclass(frozen=True, eq=False)
class Clash:
    """wrong: the tensor on the wrong device; there: where the others are; module: whose weight the wrong one is."""

    wrong: Tensor
    there: torch.device
    part: Part
    spot: Spot | None = None
    module: nn.Module | None = None


def clash_of(case: Case) -> Clash | None:
    """The clash of a failing operation."""
    if case.operation is None or not ABOUT_DEVICES.search(case.text):
        return None
    return _in_loss(case) or _in_layer(case) or _in_operation(case)


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [item for part in value for item in _tensors(part)] if isinstance(value, tuple | list) else []


def _stray(one: Tensor, other: Tensor) -> bool:
    """Whether the first of two is the one to be moved: it is on the CPU, or the other one is not."""
    return one.device != other.device and (one.device.type == "cpu" or other.device.type != "cpu")


def _in_layer(case: Case) -> Clash | None:
    """A layer of torch's whose input or state is elsewhere, or that was not moved itself."""
    frame, layer = case.layer_frame, case.layer
    if frame is None or layer is None:
        return None
    own = [*layer.parameters(), *layer.buffers()]
    given = {name: value for name, value in frame.arguments().items() if name != "self"}
    inputs = [(name, tensor) for name, value in given.items() for tensor in _tensors(value)]
    first = inputs[0][1] if inputs else None
    if first is not None and own and own[0].device != first.device:
        if _stray(own[0], first):
            return Clash(own[0], first.device, "weight", user_spot(case, first), layer)
        return Clash(first, own[0].device, "input", _spot_of(case, first))
    there = own[0].device if own else first.device if first is not None else None
    for name, tensor in inputs:
        if there is not None and tensor.device != there:
            part: Part = (
                "mask" if "mask" in name else "state" if isinstance(layer, nn.RNNBase | nn.RNNCellBase) else "input"
            )
            return Clash(tensor, there, part, _spot_of(case, tensor))
    return None


def _spot_of(case: Case, tensor: Tensor) -> Spot | None:
    """The expression of a tensor in the user's line; of one in a tuple the tuple's item."""
    operation = case.operation
    assert operation is not None, "checked by the caller"
    for operand in operation.operands:
        if operand.node is None:
            continue
        if operand.value is tensor:
            return case.spot(operand.node)
        if isinstance(operand.value, tuple | list):
            for index, item in enumerate(operand.value):
                if item is tensor:
                    is_literal = isinstance(operand.node, ast.Tuple | ast.List) and index < len(operand.node.elts)
                    if is_literal and isinstance(operand.node, ast.Tuple | ast.List):
                        return case.spot(operand.node.elts[index])
                    spot = case.spot(operand.node)
                    return spot.at(operand.node, (index,))
    return user_spot(case, tensor)


def _in_loss(case: Case) -> Clash | None:
    """Output and target, or the weights of a loss."""
    frame = next((f for f in case.inner if f.function in LOSSES), None)
    if frame is None:
        return None
    values = {name: value for name, value in frame.arguments().items() if isinstance(value, Tensor)}
    names = list(values)
    if len(names) < 2:
        return None
    output, target = values[names[0]], values[names[1]]
    module = next((f.locals.get("self") for f in case.inner if f.function == "forward"), None)
    if output.device != target.device:
        wrong, other = (output, target) if _stray(output, target) and target.device.type != "cpu" else (target, output)
        return Clash(wrong, other.device, "target", _spot_of(case, wrong))
    for name in names[2:]:
        if values[name].device != output.device:
            is_own = isinstance(module, nn.Module) and any(b is values[name] for b in module.buffers())
            return Clash(values[name], output.device, "weight", None if is_own else _spot_of(case, values[name]),
                         module if is_own and isinstance(module, nn.Module) else None)  # fmt: skip
    return None


def _in_operation(case: Case) -> Clash | None:
    """Operands of the user's own line."""
    operation = case.operation
    assert operation is not None, "checked by the caller"
    operands = list(_operands(case))
    moved = [o for o in operands if o.value.device.type != "cpu"]
    stray = [o for o in operands if moved and o.value.device != moved[0].value.device]
    if not moved or not stray or stray[0].node is None:
        return None
    wrong = stray[0]
    assert wrong.node is not None, "checked above"
    return Clash(
        wrong.value,
        moved[0].value.device,
        _part(case, operation.name, operands.index(wrong), wrong),
        case.spot(wrong.node),
    )


def _operands(case: Case) -> list[Operand]:
    """The tensors of the line, those in lists, tuples and indices too."""
    operation = case.operation
    assert operation is not None, "checked by the caller"
    found: list[Operand] = []
    for operand in operation.operands:
        if isinstance(operand.value, Tensor):
            found.append(operand)
        elif isinstance(operand.node, ast.Tuple | ast.List):
            for node in operand.node.elts:
                value = case.value(node)
                value = made_on_cpu(node) if value is None else value
                if isinstance(value, Tensor):
                    found.append(Operand(ast.unparse(node), value, node))
        elif operand.value is None and operand.node is not None:
            made = made_on_cpu(operand.node)
            made = _returned(case, operand.node) if made is None else made
            found += [Operand(operand.text, made, operand.node)] if made is not None else []
        elif isinstance(operand.value, tuple | list) and operand.node is not None:
            found += [Operand(operand.text, item, operand.node) for item in operand.value if isinstance(item, Tensor)]
    statement = case.frame.source.statement_of(operation.node) if case.frame is not None and case.frame.source else None
    if (
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Subscript)
        and operation.name == "setitem"
    ):
        value = case.value(statement.value)
        found += [Operand(ast.unparse(statement.value), value, statement.value)] if isinstance(value, Tensor) else []
    return found


def made_on_cpu(node: ast.AST) -> Tensor | None:
    """Stands for what a factory in an expression makes on the default device; noise, say, is not made again."""
    for inner in ast.walk(node):
        is_factory = (
            isinstance(inner, ast.Call)
            and call_name(inner) in FACTORIES
            and ast.unparse(inner.func).startswith("torch.")
        )
        if is_factory and isinstance(inner, ast.Call) and keyword_of(inner, "device") is None:
            return torch.empty(0)
    return None


def _returned(case: Case, node: ast.AST) -> Tensor | None:
    """The same for a call of a helper that returns such a tensor; for that of a model one on the device of its weights."""
    spot = case.spot(node)
    module = spot.at(node.func, ()).value() if isinstance(node, ast.Call) else None
    weight = next(module.parameters(), None) if isinstance(module, nn.Module) else None
    if weight is not None:
        return torch.empty(0, device=weight.device)
    born = Way(case.flow, spot, "device", lambda operand: None).birth
    return made_on_cpu(born.node) if born.node is not node and isinstance(born.node, ast.Call) else None


def _part(case: Case, name: str, place: int, operand: Operand) -> Part:
    """What a stray operand is for."""
    is_method = case.operation is not None and case.operation.is_method
    if name in MASKED and (operand.value.dtype == torch.bool or "mask" in operand.keyword):
        return "mask"
    if name in INDEXED and place > 0 and not operand.value.is_floating_point():
        return "mask" if operand.value.dtype == torch.bool else "index"
    if name in ("embedding", "index_select") and place == int(is_method):
        return "index"
    return "operand"
