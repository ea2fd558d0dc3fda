"""How an expression reads when it gives another dtype, and on which step of a way that is best written."""

import ast

import torch

from torchwise.doctor.births.dtypes import Dtypes
from torchwise.doctor.births.words import CASTERS, METHODS, TYPES, torch_name, written
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced

TAKING = {"tensor", "as_tensor", "asarray", "scalar_tensor"}
FACTORIES = {"zeros", "ones", "full", "empty", "arange", "eye", "new_zeros", "new_ones", "new_full", "zeros_like",
             "ones_like", "full_like", "tensor"}  # fmt: skip
TORCH = ("torch", "th")


def recast(dtypes: Dtypes, spot: Spot, to: str, *, scale: bool = False) -> Change:
    """The change that makes an expression give the dtype `to`; scale: bytes become 0 to 1."""
    node = spot.node
    if scale:
        return replaced(spot, node, in_place_of(spot, f"{_held(spot)}.float() / 255"))
    if isinstance(node, ast.Call) and not spot.path:
        if (given := keyword_of(node, "dtype")) is not None:
            return replaced(spot, given, _spelled(given, to, is_numpy(dtypes, spot)), least=_narrow(node))
        if (found := _other_cast(dtypes, spot, node, to)) is not None:
            return found
        if is_torch_call(node) and call_name(node) in TAKING | FACTORIES:
            return replaced(spot, node, with_argument(spot.text, f"dtype={torch_name(to)}"))
        if call_name(node) == "array" and is_numpy(dtypes, spot):
            return replaced(spot, node, with_argument(spot.text, f"dtype=np.{to}"))
    if is_number(dtypes, spot):
        return replaced(spot, node, f"torch.tensor({spot.text}, dtype={torch_name(to)})")
    if is_numpy(dtypes, spot):
        return replaced(spot, node, f"{_held(spot)}.astype(np.{to})")
    text = f"{_held(spot)}{CASTERS.get(to, f'.to({torch_name(to)})')}"
    return replaced(spot, node, text, least=method_around(spot))


def with_argument(text: str, argument: str) -> str:
    """The code of a call with one argument more."""
    inner = text.rstrip()[:-1].rstrip().removesuffix(",")
    return f"{inner}{'' if inner.endswith('(') else ', '}{argument})"


def _other_cast(dtypes: Dtypes, spot: Spot, node: ast.Call, to: str) -> Change | None:
    """A cast that stands there already, as another one: .double(), .to(torch.float64), .astype("int32")."""
    name, function = call_name(node), node.func
    if not isinstance(function, ast.Attribute):
        return None
    receiver = _held(spot.at(function.value, ()))
    if name in METHODS and not node.args and not is_torch_call(node):
        is_enough = dtypes.of(spot.at(function.value, ())) == to or _is_of_each(spot)
        return replaced(spot, node, receiver if is_enough else f"{receiver}{CASTERS.get(to, f'.to({torch_name(to)})')}")
    if name in TYPES:
        other = next((word for word, dtype in TYPES.items() if dtype == to), "")
        return replaced(spot, function, f"{receiver}.{other}") if other else None
    for argument in node.args if name in ("to", "astype", "type") else ():
        if written(argument) or dtypes.named(spot.at(argument, ())):
            return replaced(spot, argument, _spelled(argument, to, name == "astype"), least=_narrow(node))
    return None


def method_around(spot: Spot) -> ast.AST | None:
    """The call of a method on an expression, to be shown with it: x.float().mean() for x."""
    parents = spot.source.parents
    attribute = parents.get(spot.node)
    call = parents.get(attribute) if isinstance(attribute, ast.Attribute) else None
    is_its = isinstance(call, ast.Call) and call.func is attribute
    return _narrow(call) if is_its and call is not None else None


def in_place_of(spot: Spot, text: str) -> str:
    """A formula, in parentheses where it takes the place of an operand: (x / 255).unsqueeze(0)."""
    parent = spot.source.parents.get(spot.node)
    is_base = isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is spot.node
    return f"({text})" if is_base or isinstance(parent, ast.BinOp | ast.UnaryOp | ast.Compare) else text


def _is_of_each(spot: Spot) -> bool:
    """Whether a cast stands in a comprehension over the parts of a batch, which are not all alike."""
    parent = spot.source.parents.get(spot.node)
    while isinstance(parent, ast.Call | ast.Attribute):
        parent = spot.source.parents.get(parent)
    return isinstance(parent, ast.ListComp | ast.DictComp | ast.GeneratorExp)


def _narrow(node: ast.AST) -> ast.AST | None:
    """A call that stands on one line, to be shown as a whole."""
    return node if getattr(node, "end_lineno", 0) == getattr(node, "lineno", 1) else None


def _spelled(old: ast.AST, to: str, in_numpy: bool) -> str:
    """A dtype in the manner of the one that it replaces."""
    text = ast.unparse(old)
    if text.startswith(("'", '"')):
        return f'"{to}"'
    if text.startswith(("np.", "numpy.")):
        return f"{text.split('.')[0]}.{to}"
    return f"np.{to}" if in_numpy and not text.startswith("torch") else torch_name(to)


def _held(spot: Spot) -> str:
    """The code of an expression, in parentheses where a method would bind to a part of it."""
    simple = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Tuple)
    return spot.text if isinstance(spot.node, simple) else f"({spot.text})"


def is_torch_call(node: ast.AST) -> bool:
    """Whether a function of torch itself is called by its name: torch.zeros(...), not x.zeros(...)."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in TORCH


def is_creator(node: ast.AST) -> bool:
    """Whether an expression makes a tensor from something else, or from nothing."""
    if not isinstance(node, ast.Call):
        return False
    name = call_name(node)
    return (
        name in TAKING | TYPES.keys() | {"from_numpy", "Tensor", "one_hot"}
        and not ast.unparse(node.func).startswith("np")
    ) or (is_torch_call(node) and name in FACTORIES | {"linspace", "randint", "rand", "randn", "randperm", "logspace"})


def is_numpy(dtypes: Dtypes, spot: Spot) -> bool:
    """Whether a value is NumPy's or pandas'."""
    value = dtypes.sizes.value(spot)
    if value is not None:
        return type(value).__module__.split(".")[0] in ("numpy", "pandas")
    if any(word in spot.text for word in ("torch.", "F.one_hot", ".float()", ".long()")):
        return False
    born = dtypes.sizes.flow.born(spot)
    if born is not spot and is_creator(born.node):
        return False
    if any(
        word in born.text
        for word in ("np.", ".values", ".to_numpy", "read_csv", "fit_transform", "rng.", ".transform(")
    ):
        return True
    return _comes_from_numpy(dtypes, born)


def _comes_from_numpy(dtypes: Dtypes, spot: Spot, depth: int = 0) -> bool:
    """The same by the first operand whose value is known."""
    for inner in ast.walk(spot.node):
        value = dtypes.sizes.value(spot.at(inner, ())) if isinstance(inner, ast.Name | ast.Attribute) else None
        if isinstance(value, torch.Tensor):
            return False
        if type(value).__module__.split(".")[0] in ("numpy", "pandas") and hasattr(value, "dtype"):
            return True
    return False


def is_number(dtypes: Dtypes, spot: Spot) -> bool:
    """Whether a value is a number of Python's."""
    value = dtypes.sizes.value(spot)
    if isinstance(value, int | float):
        return True
    node = spot.node
    is_called = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "int", "bool")
    )
    return value is None and (is_called or (isinstance(node, ast.Constant) and not isinstance(node.value, str)))
