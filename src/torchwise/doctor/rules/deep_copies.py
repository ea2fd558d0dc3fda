"""Copies and pickles of tensors that carry a graph."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.bindings import attribute_bindings
from torchwise.doctor.case import Case
from torchwise.doctor.past.carried import with_graph
from torchwise.doctor.past.writing import code_of, replaced
from torchwise.doctor.source import Source, class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

COPIED = re.compile(r"Only Tensors created explicitly by the user .{0,40}deepcopy", re.S)
PICKLED = re.compile(r"serialize non-leaf tensor which requires_grad|non-leaf .{0,30}(pickle|serializ)", re.S | re.I)


def copy_of_graph(case: Case) -> Iterator[Finding]:
    """TW510: deepcopy or pickling comes to a tensor that an operation made."""
    copied, pickled = COPIED.search(case.text), PICKLED.search(case.text)
    if not (copied or pickled) or case.frame is None:
        return
    for operand in case.operation.operands if case.operation is not None else ():
        value = operand.value
        if isinstance(value, nn.Module) or (
            not isinstance(value, Tensor | list | tuple | dict) and class_nodes(type(value))
        ):
            found = _inside(case, value)
            if found is not None:
                yield found
                return
        if (tensors := with_graph(value)) and operand.node is not None:
            yield _variable(case, operand.node, operand.text, value, tensors[0])
            return
    what = note("what is copied holds a tensor with a graph")
    yield case.finding("TW510", what, why=WHY, fix=note("detach() the tensor where it is kept"), sure=False)


WHY = note("a copy can't take the graph along, so only leaves can be copied or pickled")


def _inside(case: Case, thing: object) -> Finding | None:
    """An attribute of a module, or of an object, that keeps an output."""
    parts = list(thing.named_modules()) if isinstance(thing, nn.Module) else [("", thing)]
    for path, part in parts:
        for name, value in list(vars(part).items()):
            tensors = with_graph(value) if name not in ("_parameters", "_modules", "_buffers") else []
            buffers = getattr(part, "_buffers", {})
            tensors = tensors or [
                t for n, t in buffers.items() if name == "_buffers" and isinstance(t, Tensor) and t.grad_fn is not None
            ]
            if tensors:
                attribute = next((n for n in buffers if buffers[n] is tensors[0]), name)
                return _attribute(case, part, f"{path}.{attribute}".lstrip("."), attribute, tensors[0])
    return None


def _attribute(case: Case, part: object, path: str, name: str, tensor: Tensor) -> Finding:
    what = note(
        "{path} {shape} holds a tensor with a graph, which can't be copied", path=path, shape=shape_text(tensor.shape)
    )
    if type(part).__module__.startswith("torch.") and name in ("weight", "bias"):
        fix = note("torch.nn.utils.parametrizations.weight_norm(...)  in place of torch.nn.utils.weight_norm(...)")
        why = note("the old weight_norm keeps the computed weight as an attribute of the layer")
        site = case.site_of(part) if isinstance(part, nn.Module) else None
        return case.finding("TW510", what, why=why, fix=fix, mend=site)
    for source, definition in class_nodes(type(part)):
        for method in (item for item in definition.body if isinstance(item, ast.FunctionDef)):
            stored = _stored(source, method, name, part)
            if stored is not None:
                return case.finding("TW510", what, why=WHY, fix=stored[0], mend=stored[1])
    return case.finding("TW510", what, why=WHY, fix=note("detach() what is kept in {path}", path=path), sure=False)


def _stored(source: Source, method: ast.FunctionDef, name: str, part: object) -> tuple[Words, Mend | Spot] | None:
    """Where a method puts the tensor into the attribute, and how it reads with the tensor detached."""
    first = method.args.args[0].arg if method.args.args else "self"
    for binding in attribute_bindings(method, first, name):
        value = binding.node
        if isinstance(value, ast.Constant | ast.List | ast.Dict) or not isinstance(value, ast.expr):
            continue
        spot = Spot(source, value, receiver=part)
        if isinstance(binding.statement, ast.AugAssign) or binding.path:
            return note("self.{name} = self.{name}.detach()  behind it", name=name), spot.at(binding.statement, ())
        change = replaced(spot, value, f"{code_of(spot)}.detach()")
        return f"self.{name} = {change.text}", change.mend
    for node in ast.walk(method):
        is_stored = isinstance(node, ast.Call) and call_name(node) in ("append", "extend")
        if (
            isinstance(node, ast.Call)
            and is_stored
            and node.args
            and ast.unparse(node.func).startswith(f"{first}.{name}.")
        ):
            spot = Spot(source, node.args[0], receiver=part)
            change = replaced(spot, spot.node, f"{code_of(spot)}.detach()")
            return change.text, change.mend
    return None


def _variable(case: Case, node: ast.AST, text: str, value: object, tensor: Tensor) -> Finding:
    what = note("{name} {shape} has a graph, so it can't be copied", name=text, shape=shape_text(tensor.shape))
    spot = case.spot(node)
    if isinstance(value, Tensor):
        outer = case.frame.node if case.frame is not None else None
        if isinstance(outer, ast.Call) and "copy" in ast.unparse(outer.func):
            change = replaced(spot, outer, f"{code_of(spot)}.detach().clone()")
        else:
            change = replaced(spot, node, f"{code_of(spot)}.detach()")
        return case.finding("TW510", what, why=WHY, fix=change.text, mend=change.mend)
    code = (
        f"[v.detach() for v in {text}]"
        if isinstance(value, list)
        else note("detach() each tensor of {name}", name=text)
    )
    mend = replaced(spot, node, code).mend if isinstance(code, str) else None
    return case.finding("TW510", what, why=WHY, fix=code, mend=mend)


RULES = (copy_of_graph,)
