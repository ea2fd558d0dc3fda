"""Which operand an expression has its dtype, device or shape from: the way back to where it got a wrong one."""

import ast
from collections.abc import Callable
from typing import Any, Literal

from torchwise.doctor.flow import Flow
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, operands_of

Property = Literal["dtype", "device", "shape"]
DEEPEST = 40
VIEWS = {
    "view", "reshape", "flatten", "permute", "transpose", "swapaxes", "movedim", "unsqueeze", "squeeze", "expand",
    "expand_as", "view_as", "reshape_as", "repeat", "tile", "narrow", "select", "chunk", "split", "unbind", "unfold",
    "t", "T", "mT", "cat", "concat", "concatenate", "stack", "hstack", "vstack", "index_select", "gather", "take",
    "roll", "flip", "pad", "tril", "triu", "unflatten", "broadcast_to", "repeat_interleave", "masked_select",
    "interpolate", "pad_sequence", "default_collate", "ravel", "rot90", "diagonal", "sort", "topk",
}  # fmt: skip
SAME = {
    "contiguous",
    "clone",
    "detach",
    "pin_memory",
    "requires_grad_",
    "data",
    "Parameter",
    "Variable",
    "copy",
    "retain_grad",
}
SMOOTH = {
    "relu", "relu_", "sigmoid", "tanh", "softmax", "log_softmax", "gelu", "silu", "elu", "leaky_relu", "dropout", "exp",
    "log", "sqrt", "abs", "clamp", "clip", "clamp_", "normalize", "layer_norm", "batch_norm", "group_norm", "pow",
    "masked_fill", "masked_fill_", "neg", "sin", "cos", "nan_to_num", "round", "floor", "ceil", "square", "add", "sub",
    "mul", "div", "add_", "sub_", "mul_", "div_", "where", "minimum", "maximum",
}  # fmt: skip
REDUCED = {
    "sum",
    "max",
    "min",
    "mean",
    "std",
    "var",
    "norm",
    "cumsum",
    "prod",
    "matmul",
    "mm",
    "bmm",
    "linear",
    "einsum",
    "dot",
}
CASTS = {
    "float",
    "double",
    "half",
    "bfloat16",
    "long",
    "int",
    "short",
    "byte",
    "bool",
    "char",
    "type",
    "astype",
    "type_as",
}
MOVES = {"cuda", "cpu", "xpu", "mps"}
KEEPS: dict[Property, set[str]] = {
    "dtype": VIEWS | SAME | SMOOTH | REDUCED | MOVES,
    "device": VIEWS | SAME | SMOOTH | REDUCED | CASTS | {"argmax", "argmin", "to_dense", "one_hot"},
    "shape": SAME | SMOOTH | CASTS | MOVES,
}
DTYPES = tuple(
    "torch." + name for name in ("float", "int", "long", "double", "bool", "half", "bfloat", "uint", "short", "complex")
)


def trail(flow: Flow, spot: Spot, of: Property, is_wrong: Callable[[Any], bool] = lambda value: True) -> list[Spot]:
    """The way back to where a value got its dtype, device or shape: each maker that handed it on, the last its birth.

    is_wrong: whether a live operand has the property in question; of two operands that one is followed.
    """
    found = [spot]
    for _ in range(DEEPEST):
        made = flow.born(found[-1])
        if made is not found[-1]:
            found.append(made)
        operands = [made.at(node, ()) for node in kept_operands(made.node, of)]
        if not operands:
            return found
        found.append(next((o for o in operands if (v := o.value()) is not None and is_wrong(v)), operands[0]))
    return found


def birth(flow: Flow, spot: Spot, of: Property, is_wrong: Callable[[Any], bool] = lambda value: True) -> Spot:
    """The expression where a value got its dtype, device or shape."""
    return trail(flow, spot, of, is_wrong)[-1]


def kept_operands(node: ast.AST, of: Property) -> list[ast.expr]:
    """The operands from which an expression has the property; none if it is born here."""
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        return list(operands_of(node))
    if isinstance(node, ast.Subscript):
        return [] if of == "shape" else [node.value]
    if isinstance(node, ast.Attribute):
        return [node.value] if node.attr in KEEPS[of] else []
    if isinstance(node, ast.List | ast.Tuple):
        return list(node.elts)
    if not isinstance(node, ast.Call):
        return []
    name = call_name(node)
    operands = [item for item in operands_of(node) if not isinstance(item, ast.Constant)]
    if name == "to":
        return operands[:1] if _to_keeps(node, of) else []
    if name not in KEEPS[of]:
        return []
    if isinstance(node.func, ast.Attribute) and not _is_namespace(node.func.value):
        return operands  # x.view(...): x first
    return operands[int(isinstance(node.func, ast.Attribute)) :]


def _is_namespace(node: ast.AST) -> bool:
    """Whether what stands before the point is a module such as torch, F or np."""
    text = ast.unparse(node)
    return text in ("torch", "F", "np", "numpy", "nn", "nn.functional", "torch.nn.functional", "torch.nn", "jnp")


def _to_keeps(node: ast.Call, of: Property) -> bool:
    """Whether `.to(...)` leaves the property as it was."""
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    is_dtype = [_is_dtype(argument) for argument in arguments]
    if of == "shape":
        return True
    return not any(is_dtype) if of == "dtype" else bool(is_dtype) and all(is_dtype)


def _is_dtype(node: ast.AST) -> bool:
    """Whether an argument names a dtype, as far as its spelling tells."""
    text = ast.unparse(node)
    return "dtype" in text or text.startswith(DTYPES)
