"""Tensors that require grad, handed to NumPy, to a plot or to a metric."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.past.calls import held, instance
from torchwise.doctor.past.carried import with_graph
from torchwise.doctor.past.writing import code_of, replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import argument_of, call_name, keyword_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding
from torchwise.texts import note

SAYS = re.compile(r"Can't call numpy\(\) on (a )?(Tensor|Variable) that requires grad", re.I)


def numpy_of_grad(case: Case) -> Iterator[Finding]:
    """TW508: a tensor with a graph is turned into an array."""
    if not SAYS.search(case.text) or case.frame is None or case.frame.node is None:
        return
    tensor = _tensor(case)
    found = _written(case, case.frame.node, tensor)
    if found is None:
        what = note("a tensor that requires grad is turned into a NumPy array")
        yield case.finding("TW508", what, why=WHY, fix="x.detach().numpy()", sure=False)
        return
    name, change = found
    shape = shape_text(tensor.shape) if tensor is not None else ""
    what = note("{name} {shape} requires grad, so it can't become a NumPy array", name=name, shape=shape)
    yield case.finding("TW508", what, why=WHY, fix=change.text, mend=change.mend)


WHY = note("NumPy knows no gradients; detach() gives the values without the graph")


def _tensor(case: Case) -> Tensor | None:
    """The tensor that was to become an array."""
    for frame in reversed(case.inner):
        value = frame.locals.get("self")
        if isinstance(value, Tensor):
            return value
    tensors = [operand.value for operand in case.tensors() if operand.value.requires_grad]
    return next(iter(tensors), None)


def _written(case: Case, node: ast.AST, tensor: Tensor | None) -> tuple[str, Change] | None:
    """How the tensor is named, and the line that gives its values alone."""
    if isinstance(node, ast.Call) and call_name(node) == "numpy" and isinstance(node.func, ast.Attribute):
        inner = node.func.value
        text = code_of(case.spot(inner))
        return text, replaced(case.spot(inner), inner, f"{text}{_out(tensor)}")
    for item in _operands(node):
        value = case.value(item)
        if (
            isinstance(value, Tensor)
            and isinstance(item, ast.Name | ast.Attribute | ast.Subscript)
            and value.requires_grad
        ):
            text = code_of(case.spot(item))
            return text, replaced(case.spot(item), item, f"{text}{_out(value)}")
        if isinstance(value, list | tuple) and with_graph(value):
            return _of_list(case, item, value)
    for item in _operands(node):
        if isinstance(item, ast.Call) and tensor is not None and not isinstance(case.value(item), float | int):
            text = code_of(case.spot(item))
            return text, replaced(case.spot(item), item, f"{text}{_out(tensor)}")
    return None


def _out(tensor: Tensor | None) -> str:
    on_cpu = tensor is None or tensor.device.type == "cpu"
    return ".detach()" if on_cpu else ".detach().cpu()"


def _operands(node: ast.AST) -> list[ast.expr]:
    """The arguments of a call, those of lists in it too."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if not isinstance(node, ast.Call):
        return []
    found: list[ast.expr] = []
    for item in [*node.args, *(keyword.value for keyword in node.keywords)]:
        found += [item, *(item.elts if isinstance(item, ast.List | ast.Tuple) else [])]
        found += item.values if isinstance(item, ast.Dict) else []
    return found


def _of_list(case: Case, item: ast.expr, value: Any) -> tuple[str, Change] | None:
    """A list of tensors: what was appended to it should have been a number."""
    spot = case.spot(item)
    text = spot.text
    first = with_graph(value)[0]
    appended = _append(case, spot, first)
    if appended is None:
        fix = f"[v.item() for v in {text}]" if first.dim() == 0 else f"torch.stack({text}).detach()"
        return text, replaced(spot, item, fix)
    argument = appended.node
    end = ".item()" if first.numel() == 1 else ".detach()"
    return text, replaced(appended, argument, f"{code_of(appended)}{end}")


def _append(case: Case, spot: Spot, item: Tensor) -> Spot | None:
    """What is appended to a list somewhere in the program: to the one that holds a tensor, else to one of its name."""
    names = {
        ast.unparse(step.node)
        for step in case.flow.trail(spot)
        if isinstance(step.node, ast.Name | ast.Attribute | ast.Subscript)
    }
    ends = {name.rpartition(".")[2] for name in names if "." in name}
    found = None
    for given, receiver in _appends(case):
        holder = held(case.flow, receiver)
        base = receiver.node.value if isinstance(receiver.node, ast.Subscript) else None
        table = held(case.flow, receiver.at(base, ())) if base is not None else None
        lists = table if isinstance(table, dict) else {None: holder}
        for key, values in lists.items():
            if isinstance(values, list) and any(part is item for part in values):
                return _handed_in(case, given, key)
        name = ast.unparse(receiver.node)
        if found is None and (name in names or ("." in name and name.rpartition(".")[2] in ends)):
            found = given
    return found


def _appends(case: Case) -> Iterator[tuple[Spot, Spot]]:
    """Everything that is appended, and what to."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            function = node.func if isinstance(node, ast.Call) and len(node.args) == 1 else None
            if isinstance(function, ast.Attribute) and function.attr == "append":
                owner = source.class_of(source.scope_of(function))
                receiver = instance(case.flow, owner.name) if owner is not None else None
                yield Spot(source, node.args[0]), Spot(source, function.value, receiver=receiver)  # type: ignore[attr-defined]


def _handed_in(case: Case, given: Spot, key: Any) -> Spot:
    """What a method that keeps all kinds of values was called with: tracker.add(loss=loss), tracker.add("loss", loss)."""
    scope = given.source.scope_of(given.node)
    names = [a.arg for a in [*scope.args.args, *scope.args.kwonlyargs]] if not isinstance(scope, ast.Module) else []
    calls = [(source, node) for source in case.flow.sites.sources for node in ast.walk(source.tree)
             if isinstance(node, ast.Call) and call_name(node) == getattr(scope, "name", "")]  # fmt: skip
    for source, call in calls:
        if isinstance(key, str) and (keyword := keyword_of(call, key)) is not None and key not in names:
            return Spot(source, keyword)
        is_key = any(isinstance(item, ast.Constant) and item.value == key for item in call.args)
        argument = argument_of(call, scope, given.node.id) if is_key and isinstance(given.node, ast.Name) else None
        if argument is not None:
            return Spot(source, argument)
    return given


RULES = (numpy_of_grad,)
