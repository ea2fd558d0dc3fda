"""What a frame was computing when it failed: the operation's name and its operands with their values."""

import ast
import inspect
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.frames import Frame
from torchwise.doctor.syntax import call_name

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.MatMult: "matmul", ast.Pow: "pow",
    ast.FloorDiv: "floor_divide", ast.Mod: "remainder", ast.BitAnd: "bitwise_and", ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
}  # fmt: skip
MISSING = object()


@dataclass(frozen=True, eq=False)
class Operand:
    """One operand: its code, its value (None if it can't be had), its keyword."""

    text: str
    value: Any
    node: ast.AST | None = None
    keyword: str = ""


@dataclass(frozen=True, eq=False)
class Operation:
    """name: matmul, cat, view, getitem, call of a module or function. callee: what was called, if that is known."""

    name: str
    node: ast.AST
    operands: tuple[Operand, ...]
    callee: Any = None
    is_method: bool = field(default=False)  # then the first operand is what stands before the point

    def named(self, keyword: str) -> Operand | None:
        """The operand given by a keyword."""
        return next((operand for operand in self.operands if operand.keyword == keyword), None)


def operation_of(frame: Frame, below: Frame | None) -> Operation | None:
    """The operation a frame was at; `below` is the frame it had called, which holds the very arguments."""
    node, source = frame.node, frame.source
    if node is None or source is None:
        return None
    evaluator = Evaluator(frame)

    def operand(item: ast.AST, keyword: str = "", value: Any = MISSING) -> Operand:
        if value is MISSING:
            value = evaluator.value(item)
        else:
            evaluator.known[item] = value
        return Operand(" ".join(source.text(item).split()), value, item, keyword)

    if isinstance(node, ast.BinOp | ast.AugAssign):
        left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
        return Operation(OPERATORS.get(type(node.op), "operator"), node, (operand(left), operand(right)))
    if isinstance(node, ast.Compare):
        return Operation("compare", node, (operand(node.left), *(operand(item) for item in node.comparators)))
    if isinstance(node, ast.UnaryOp):
        return Operation("unary", node, (operand(node.operand),))
    if isinstance(node, ast.Subscript):
        name = "getitem" if isinstance(node.ctx, ast.Load) else "setitem"
        return Operation(name, node, (operand(node.value), operand(node.slice)))
    if isinstance(node, ast.Attribute):
        return Operation("attribute", node, (operand(node.value),))
    if isinstance(node, ast.Call):
        return _call(node, evaluator, operand, below)
    return Operation(type(node).__name__.lower(), node, ())


def _call(node: ast.Call, evaluator: Evaluator, operand: Any, below: Frame | None) -> Operation:
    """A call: the values of its arguments are those that the called frame holds, where there is one."""
    given = given_to(node, below)
    is_shifted = isinstance(given.get(0), Tensor) and len(node.args) in given
    if is_shifted and isinstance(node.func, ast.Attribute) and _is_value(evaluator.value(node.func.value)):
        # Torch's own Python takes what stands before the point as its first argument.
        given = {key - 1 if isinstance(key, int) else key: value for key, value in given.items() if key != 0}
    operands = [
        operand(item, value=given.get(position, MISSING))
        for position, item in enumerate(node.args)
        if not isinstance(item, ast.Starred)
    ]
    operands += [
        operand(item.value, item.arg, given.get(item.arg, MISSING)) for item in node.keywords if item.arg is not None
    ]
    callee = evaluator.value(node.func)
    is_method = isinstance(node.func, ast.Attribute) and _is_value(evaluator.value(node.func.value))
    if is_method and isinstance(node.func, ast.Attribute):
        operands.insert(0, operand(node.func.value))
        callee = getattr(operands[0].value, node.func.attr, None)
    return Operation(call_name(node), node, tuple(operands), callee, is_method)


def _is_value(value: Any) -> bool:
    """Whether what stands before the point is a tensor or an array, on which a method works."""
    return type(value).__name__ in ("Tensor", "Parameter", "ndarray") or hasattr(value, "__torch_function__")


def given_to(node: ast.Call, below: Frame | None) -> dict[int | str, Any]:
    """The arguments as the called frame holds them, by position and by keyword."""
    if below is None:
        return {}
    code = below.code
    names = list(code.co_varnames[: code.co_argcount])
    if names[:1] in (["self"], ["mod"]):
        names = names[1:]
    values: dict[int | str, Any] = {}
    for position, name in enumerate(names):
        if name in below.locals:
            values[position] = values[name] = below.locals[name]
    gathering = (
        code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else ""
    )
    if isinstance(more := below.locals.get(gathering), tuple):
        values |= {len(names) + position: value for position, value in enumerate(more)}
    if isinstance(named := below.locals.get("kwargs"), dict):
        values |= named
    return values
