"""Expressions of a frame evaluated again, as far as that is free of side effects.

Names, plain attributes, arithmetic, views and other pure functions of torch and NumPy; never `backward`, an in-place
operation, a generator of random numbers, a property or a function of the user's. Large tensors are replaced by ones on
the meta device.
"""

import ast
import inspect
import math
import operator
import re
import types
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.frames import Frame

LARGEST = (
    1 << 20
)  # values: more would take long; such a tensor is computed on the meta device, by shape and dtype alone
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Invert: operator.invert, ast.Not: operator.not_,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
PURE_BUILTINS = {len, int, float, bool, str, tuple, list, range, min, max, sum, abs, round, isinstance, type, dict}
TENSOR_ATTRIBUTES = {
    "shape",
    "dtype",
    "device",
    "T",
    "mT",
    "H",
    "data",
    "ndim",
    "requires_grad",
    "is_leaf",
    "real",
    "imag",
}
IMPURE = re.compile(
    r"_$|^_|rand|normal|bernoulli|multinomial|poisson|dropout|seed|backward|grad$|hook|save|load|compile|storage|set_|put_"
    r"|^(cuda|xpu|share_memory|pin_memory|export|enable|disable|use_|apply|map|map2|numpy|tofile|dump|register|detach_)"
)


class Unknown(Exception):
    """An expression that can't be evaluated without side effects, or at all."""


class Evaluator:
    """Values of expressions in one frame, or in none (then only what needs no variables)."""

    def __init__(self, frame: Frame | None, given: dict[ast.AST, Any] | None = None) -> None:
        self.frame = frame
        self.known: dict[ast.AST, Any] = dict(given or {})  # values that are known from elsewhere, by their node

    def value(self, node: ast.AST, default: Any = None) -> Any:
        """The value of an expression, or `default` where it can't be had."""
        try:
            with torch.no_grad():
                return self.evaluate(node)
        except Exception:  # whatever a pure function raises on such values: then there is no value to show
            return default

    def evaluate(self, node: ast.AST) -> Any:
        """The value of an expression. Raises Unknown, or what the expression itself raises."""
        if node not in self.known:
            method = getattr(self, f"_{type(node).__name__.lower()}", None)
            if method is None:
                raise Unknown(ast.dump(node)[:80])
            self.known[node] = method(node)
        return self.known[node]

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if self.frame is None:
            raise Unknown(node.id)
        for names in (self.frame.locals, self.frame.frame.f_globals, self.frame.frame.f_builtins):
            if node.id in names:
                return names[node.id]
        raise Unknown(node.id)

    def _attribute(self, node: ast.Attribute) -> Any:
        return attribute(self.evaluate(node.value), node.attr)

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.evaluate(item) for item in node.elts)

    def _list(self, node: ast.List) -> Any:
        return [self.evaluate(item) for item in node.elts]

    def _dict(self, node: ast.Dict) -> Any:
        return {self.evaluate(k): self.evaluate(v) for k, v in zip(node.keys, node.values, strict=True) if k}

    def _slice(self, node: ast.Slice) -> Any:
        return slice(*(None if part is None else self.evaluate(part) for part in (node.lower, node.upper, node.step)))

    def _subscript(self, node: ast.Subscript) -> Any:
        base, index = self.evaluate(node.value), self.evaluate(node.slice)
        if type(base) in (list, tuple, dict, torch.Size, str) or is_plain_tensor(base) or _is_array(base):
            return base[index]
        if type(base) in (nn.Sequential, nn.ModuleList, nn.ModuleDict):
            return base[index]
        raise Unknown("a subscript of the user's own class")

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        return self._apply(OPERATORS[type(node.op)], [self.evaluate(node.operand)], {})

    def _binop(self, node: ast.BinOp) -> Any:
        return self._apply(OPERATORS[type(node.op)], [self.evaluate(node.left), self.evaluate(node.right)], {})

    def _compare(self, node: ast.Compare) -> Any:
        if len(node.ops) != 1:
            raise Unknown("a chain of comparisons")
        return self._apply(
            OPERATORS[type(node.ops[0])], [self.evaluate(node.left), self.evaluate(node.comparators[0])], {}
        )

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.evaluate(node.body if self.evaluate(node.test) else node.orelse)

    def _starred(self, node: ast.Starred) -> Any:
        raise Unknown("a starred expression on its own")

    def _call(self, node: ast.Call) -> Any:
        arguments: list[Any] = []
        for item in node.args:
            if isinstance(item, ast.Starred):
                arguments.extend(self.evaluate(item.value))
            else:
                arguments.append(self.evaluate(item))
        if any(keyword.arg is None for keyword in node.keywords):
            raise Unknown("keywords from a dictionary")
        named = {keyword.arg: self.evaluate(keyword.value) for keyword in node.keywords if keyword.arg}
        if isinstance(node.func, ast.Attribute):
            base = self.evaluate(node.func.value)
            if is_plain_tensor(base) or _is_array(base):
                if IMPURE.search(node.func.attr):
                    raise Unknown(f"{node.func.attr} is not free of side effects")
                return self._apply(getattr(type(base), node.func.attr), [base, *arguments], named)
            function = attribute(base, node.func.attr)
        else:
            function = self.evaluate(node.func)
        return self._apply(checked(function), arguments, named)

    def _apply(self, function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        """Call a pure function, on the meta device if a tensor is large or is not on the CPU."""
        if "out" in named or named.get("inplace"):
            raise Unknown("writes into its argument")
        tensors = [item for item in _flat([*arguments, *named.values()]) if isinstance(item, Tensor)]
        if any(not is_plain_tensor(tensor) for tensor in tensors):
            raise Unknown("a subclass of Tensor")
        if any(tensor.numel() > LARGEST or tensor.device.type != "cpu" for tensor in tensors):
            arguments, named = _to_meta(arguments), _to_meta(named)
        if isinstance(function, nn.Module):
            return _run_module(function, arguments, named)
        return function(*arguments, **named)


def attribute(base: Any, name: str) -> Any:
    """An attribute that is there without calling anything of the user's. Raises Unknown for any other."""
    if isinstance(base, types.ModuleType):
        if name in vars(base):
            return vars(base)[name]
        if base.__name__.split(".")[0] in ("torch", "numpy"):
            return getattr(base, name)
        raise Unknown(name)
    if is_plain_tensor(base) and name in TENSOR_ATTRIBUTES:
        return getattr(base, name)
    if _is_array(base) and name in ("shape", "dtype", "T", "size", "ndim"):
        return getattr(base, name)
    if isinstance(base, nn.Module):
        for names in (base._parameters, base._buffers, base._modules):
            if name in names:
                return names[name]
    value = inspect.getattr_static(base, name)  # AttributeError is as good as Unknown
    if isinstance(value, staticmethod):
        return value.__func__
    if isinstance(value, property) or (hasattr(type(value), "__get__") and not isinstance(value, types.FunctionType)):
        if type(value).__name__ in ("_tuplegetter", "member_descriptor"):
            return getattr(base, name)
        raise Unknown(name)
    return value if not isinstance(value, types.FunctionType) else getattr(base, name)


def checked(function: Any) -> Any:
    """The function, if it is known to be pure. Raises Unknown for any other."""
    if isinstance(function, type | types.BuiltinFunctionType) and function in PURE_BUILTINS:
        return function
    if isinstance(function, nn.Module) and is_leaf_of_torch(function):
        return function
    name = getattr(function, "__name__", "_")
    home = (getattr(function, "__module__", None) or "").split(".")[0]
    is_torch = (
        home == "torch" or getattr(torch, name, None) is function or getattr(torch._C._nn, name, None) is function
    )
    is_numpy = home == "numpy" and "random" not in (getattr(function, "__module__", None) or "")
    is_math = function in (math.prod, math.sqrt, math.ceil, math.floor)
    is_class = isinstance(function, type) and not is_numpy
    if (is_torch or is_numpy or is_math) and not is_class and not IMPURE.search(name):
        return function
    raise Unknown(f"{name} is not known to be free of side effects")


def is_plain_tensor(value: Any) -> bool:
    """Whether a value is a Tensor or a Parameter of torch's own, whose methods are torch's."""
    return type(value) in (Tensor, nn.Parameter)


def is_leaf_of_torch(module: nn.Module) -> bool:
    """Whether a module is one of torch's own layers (or a Sequential of them) without hooks."""
    if module._forward_hooks or module._forward_pre_hooks:
        return False
    if type(module) is nn.Sequential:
        return all(is_leaf_of_torch(child) for child in module)
    return type(module).__module__.startswith("torch.nn.modules.")


def _run_module(module: nn.Module, arguments: list[Any], named: dict[str, Any]) -> Any:
    """What one of torch's layers gives, by shape and dtype: on the meta device, with none of its own state touched."""
    names = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    state = {name: torch.empty_like(value, device="meta") for name, value in names.items()}
    with torch.random.fork_rng(devices=[]):
        return torch.func.functional_call(module, state, tuple(_to_meta(arguments)), _to_meta(named))


def _to_meta(value: Any) -> Any:
    """The same with every tensor replaced by one of its shape, strides and dtype that holds no numbers."""
    if isinstance(value, Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    if type(value) in (list, tuple):
        return type(value)(_to_meta(item) for item in value)
    if type(value) is dict:
        return {name: _to_meta(item) for name, item in value.items()}
    return value


def _flat(values: list[Any]) -> list[Any]:
    """The values, lists and tuples of them taken apart."""
    return [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]


def _is_array(value: Any) -> bool:
    """Whether a value is a NumPy array, without importing NumPy."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"
