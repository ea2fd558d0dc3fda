"""Changes in place in the user's code: which operations they are, what they change, and how they read without it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.past.calls import callee, held
from torchwise.doctor.past.events import Ran, ran_before
from torchwise.doctor.past.writing import before, code_of, replaced, without_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Words
from torchwise.texts import note

AUGMENTED: dict[type[ast.AST], str] = {
    ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Div: "Div", ast.Pow: "Pow", ast.BitAnd: "BitwiseAnd",
    ast.FloorDiv: "FloorDivide", ast.Mod: "Remainder", ast.MatMult: "Mm",
}  # fmt: skip
SETTINGS = {  # methods with this ending that change no values
    "requires_grad_", "detach_", "retain_grad_", "share_memory_", "zero_grad_", "to_", "cuda_", "rename_", "resize_",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class InPlace:
    """One change in place. target: what is changed. name: what autograd calls the operation, such as Mul for *=.

    kind: augmented (x += y), item (x[i] = y), method (x.relu_()), function (F.relu(x, inplace=True)), module.
    """

    kind: str
    ran: Ran | None
    spot: Spot
    target: ast.expr | None
    name: str
    module: nn.Module | None = None

    @property
    def node(self) -> ast.AST:
        """The statement or call that does it."""
        return self.spot.node


def changes_in_place(case: Case) -> list[InPlace]:
    """The changes in place that ran before the failing line, in order; the in-place layers of the models at the end."""
    found: list[InPlace] = []
    for ran in ran_before(case):
        found += _of_node(case, ran)
    return [*found, *_of_modules(case)]


def _of_node(case: Case, ran: Ran) -> Iterator[InPlace]:
    node = ran.spot.node
    if isinstance(node, ast.AugAssign):
        is_item = isinstance(node.target, ast.Subscript)
        name = "CopySlices" if is_item else AUGMENTED.get(type(node.op), "")
        yield InPlace("augmented", ran, ran.spot, node.target, name)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and not _is_key(target.slice):
                yield InPlace("item", ran, ran.spot, target, "CopySlices")
    elif isinstance(node, ast.Call):
        yield from _of_call(case, ran, node)


def _of_call(case: Case, ran: Ran, node: ast.Call) -> Iterator[InPlace]:
    name = call_name(node)
    inplace = keyword_of(node, "inplace")
    is_set = isinstance(inplace, ast.Constant) and inplace.value is True
    if is_set and node.args and not isinstance(callee(case.flow, ran.spot), type):
        yield InPlace("function", ran, ran.spot, node.args[0], _grad_name(name))
        return
    if not name.endswith("_") or name.endswith("__") or name in SETTINGS or not isinstance(node.func, ast.Attribute):
        return
    receiver = node.func.value
    is_namespace = isinstance(receiver, ast.Name | ast.Attribute) and ast.unparse(receiver).split(".")[-1] in (
        "torch", "F", "functional", "init", "nn", "utils",
    )  # fmt: skip
    if is_namespace and node.args:
        yield InPlace("function", ran, ran.spot, node.args[0], _grad_name(name))
    elif not is_namespace:
        yield InPlace("method", ran, ran.spot, receiver, _grad_name(name))


def _of_modules(case: Case) -> Iterator[InPlace]:
    """The layers with inplace=True in the models at hand, each with the call that built it."""
    seen: set[int] = set()
    for frame in case.user:
        for value in [*list(frame.locals.values()), *vars_of(frame.receiver())]:
            for module in value.modules() if isinstance(value, nn.Module) else ():
                if id(module) in seen or getattr(module, "inplace", False) is not True:
                    continue
                seen.add(id(module))
                if (site := case.site_of(module)) is not None:
                    yield InPlace("module", None, site, None, _grad_name(type(module).__name__), module)


def vars_of(thing: object) -> list[Any]:
    """The attributes of an object."""
    return list(getattr(thing, "__dict__", {}).values())


def _grad_name(name: str) -> str:
    """How autograd names what a function or layer does: MaskedFill for masked_fill_, Mul for Dropout."""
    name = name.rstrip("_")
    if "dropout" in name.lower():
        return "Mul"
    joined = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return {
        "Clip": "Clamp",
        "Relu6": "Hardtanh",
        "ReLU6": "Hardtanh",
        "SiLU": "Silu",
        "ELU": "Elu",
        "ReLU": "Relu",
    }.get(joined, joined)


def _is_key(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def base_of(target: ast.AST | None) -> ast.AST | None:
    """The variable that a change of an item or a view of it changes: x for x[:, 0] and x.view(-1)."""
    while isinstance(target, ast.Subscript | ast.Call) or (
        isinstance(target, ast.Attribute) and target.attr in ("data", "T")
    ):
        if isinstance(target, ast.Call):
            if not isinstance(target.func, ast.Attribute):
                return target
            target = target.func.value
        else:
            target = target.value
    return target


def value_of(case: Case, change: InPlace) -> Any:
    """The tensor that is changed, if it is at hand still."""
    base = base_of(change.target)
    return held(case.flow, change.spot.at(base, ())) if base is not None else None


def is_of_tensor(case: Case, change: InPlace) -> bool:
    """Whether what is changed may be a tensor: not a number, a list or a dict."""
    if change.kind in ("module", "function"):
        return True
    value = value_of(case, change)
    if value is not None:
        return isinstance(value, Tensor)
    base = base_of(change.target)
    made = case.flow.born(change.spot.at(base, ())).node if base is not None else None
    plain = (ast.Constant, ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.Set, ast.JoinedStr)
    is_number = isinstance(made, ast.Call) and call_name(made) in (
        "len",
        "int",
        "float",
        "item",
        "dict",
        "list",
        "defaultdict",
    )
    if isinstance(made, ast.BinOp) and isinstance(change.node, ast.AugAssign):
        is_number = isinstance(made.right, ast.Constant) and isinstance(made.left, ast.Constant)
    return not isinstance(made, plain) and not is_number


def without(change: InPlace) -> Change | tuple[Words, Spot]:
    """How the line reads without the change in place."""
    spot, node = change.spot, change.spot.node
    if isinstance(node, ast.AugAssign) and not isinstance(node.target, ast.Subscript):
        operator = _operator(spot, node)
        target, value = spot.source.text(node.target), code_of(spot, node.value)
        plain = " ".join(spot.source.text(node.value).split())
        return replaced(spot, node, f"{target} = {target} {operator} {plain if operator == '+' else value}")
    if change.kind in ("item", "augmented"):
        return _of_item(change)
    if change.kind == "method" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        text = spot.text
        new = text.replace(f".{node.func.attr}(", f".{node.func.attr.rstrip('_')}(", 1)
        if isinstance(spot.source.parents.get(node), ast.Expr) and isinstance(change.target, ast.Name | ast.Attribute):
            new = f"{spot.source.text(change.target)} = {new}"
        return replaced(spot, node, new)
    if isinstance(node, ast.Call):
        return _without_flag(change, node)
    return spot.text, spot


def _operator(spot: Spot, node: ast.AugAssign) -> str:
    """The sign of x += y."""
    between = ast.unparse(ast.AugAssign(target=ast.Name(id="x"), op=node.op, value=ast.Name(id="y")))
    return between.removeprefix("x ").removesuffix("= y")


def _of_item(change: InPlace) -> Change | tuple[Words, Spot]:
    """x[mask] = 0 as masked_fill; else on a copy."""
    spot, node, target = change.spot, change.spot.node, change.target
    base = base_of(target)
    name = ast.unparse(base) if base is not None else ""
    if isinstance(node, ast.Assign) and isinstance(target, ast.Subscript) and isinstance(base, ast.Name):
        is_number = isinstance(node.value, ast.Constant | ast.UnaryOp)
        if is_number and _is_mask(target.slice):
            mask = spot.source.text(target.slice)
            return replaced(spot, node, f"{name} = {name}.masked_fill({mask}, {spot.source.text(node.value)})")
    return before(spot, f"{name} = {name}.clone()")


def _is_mask(index: ast.expr) -> bool:
    """Whether an index reads like a mask: a variable, a comparison, ~mask."""
    if isinstance(index, ast.UnaryOp):
        return isinstance(index.op, ast.Invert)
    return isinstance(index, ast.Name | ast.Compare | ast.Attribute)


def _without_flag(change: InPlace, node: ast.Call) -> Change | tuple[Words, Spot]:
    """A call without inplace=True; a function without its last underscore."""
    spot = change.spot
    text = spot.text
    if (found := without_keyword(spot, "inplace")) is not None:
        return found
    if change.kind == "module":
        last = node.args[-1] if node.args else None
        if isinstance(last, ast.Constant) and last.value is True:
            rest = [spot.source.text(item) for item in node.args[:-1]]
            return replaced(spot, node, f"{spot.source.text(node.func)}({', '.join(rest)})")
        return note("{layer} with inplace=False", layer=type(change.module).__name__), spot
    name = call_name(node)
    new = text.replace(f"{name}(", f"{name.rstrip('_')}(", 1)
    if isinstance(spot.source.parents.get(node), ast.Expr) and change.target is not None:
        new = f"{spot.source.text(change.target)} = {new}"
    return replaced(spot, node, new)
