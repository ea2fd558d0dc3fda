"""Functions that may be called again: those of torch and NumPy, on the meta device where they are random or in place."""

import ast
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.evaluate import IMPURE, Evaluator, Unknown, checked, is_plain_tensor

RANDOM = {
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "normal", "bernoulli", "dropout",
    "poisson", "multinomial", "empty", "empty_like", "gumbel_softmax",
}  # fmt: skip
FACTORIES = {"rand", "randn", "randint", "randperm", "normal", "empty"}
EXTERNAL = {"set_", "resize_", "share_memory_", "backward", "requires_grad_", "apply_", "map_", "numpy", "tolist", "item"}
OWNERS = ("TensorBase", "_TensorBase", "Tensor", "ndarray")


class Repeater(Evaluator):
    """Evaluates calls of functions that are torch's or NumPy's; of random and in-place ones the shape."""

    def _subscript(self, node: ast.Subscript) -> Any:
        base, index = self.evaluate(node.value), self.evaluate(node.slice)
        if is_plain_tensor(base) and any(_is_meta(item) for item in [base, *parts(index)]):
            base, index = on_meta(base), on_meta(index)
        kinds = (list, tuple, dict, str, torch.Size, nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.ParameterList)
        home = type(base).__module__
        if type(base) in kinds or is_plain_tensor(base) or home.startswith(("numpy", "torch.return_types")):
            return base[index]
        raise Unknown("a subscript of the user's own class")

    def is_method(self, node: ast.AST) -> bool:
        """Whether what is called is a method of a tensor or an array."""
        if not isinstance(node, ast.Attribute):
            return False
        base = self.quietly(node.value)
        return is_plain_tensor(base) or type(base).__name__ == "ndarray"

    def quietly(self, node: ast.AST) -> Any:
        """The value of an expression; None where it can't be had."""
        try:
            return self.evaluate(node)
        except Exception:  # then what is asked for is not known
            return None

    def function(self, node: ast.AST) -> Any:
        """What is called: a method of a tensor as the function of its class; None if it is not known."""
        if isinstance(node, ast.Attribute) and self.is_method(node):
            return getattr(type(self.evaluate(node.value)), node.attr, None)
        return self.quietly(node)

    def repeated(self, node: ast.Call, function: Callable[..., Any]) -> Any:
        """What a known function gives for the arguments of a call."""
        arguments, named = self.arguments(node)
        if isinstance(node.func, ast.Attribute) and self.is_method(node.func):
            arguments.insert(0, self.evaluate(node.func.value))
        return self.applied(function, arguments, named)

    def arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a call."""
        found: list[Any] = []
        for item in node.args:
            if isinstance(item, ast.Starred):
                found.extend(self.evaluate(item.value))
            else:
                found.append(self.evaluate(item))
        if any(keyword.arg is None for keyword in node.keywords):
            raise Unknown("keywords from a dictionary")
        return found, {keyword.arg: self.evaluate(keyword.value) for keyword in node.keywords if keyword.arg}

    def applied(self, function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        """Call a function; on the meta device where it is random, works in place or has met that device already."""
        name = getattr(function, "__name__", "")
        tensors = [item for item in parts([*arguments, *named.values()]) if isinstance(item, Tensor)]
        if function is nn.Parameter or (name in ("to", "cuda", "cpu") and tensors):
            return arguments[0]
        named = {key: value for key, value in named.items() if key not in ("generator", "pin_memory", "device")}
        if name in FACTORIES and not tensors:
            return function(*arguments, **{**named, "device": "meta"})
        if IMPURE.search(name) or name in RANDOM or any(map(_is_meta, tensors)):
            arguments, named = on_meta(arguments), on_meta({k: v for k, v in named.items() if k != "inplace"})
        return self._apply(function, arguments, named)


def is_known(function: Any) -> bool:
    """Whether a function may be called again: pure, or without effects on meta tensors."""
    name = getattr(function, "__name__", "")
    home = (getattr(function, "__module__", None) or "").split(".")[0]
    owner = getattr(getattr(function, "__objclass__", None), "__name__", "")
    if owner in OWNERS or getattr(function, "__qualname__", "").startswith("Tensor."):
        return name not in EXTERNAL
    if name in RANDOM and (home == "torch" or getattr(torch, name, None) is function):
        return True
    if function in (nn.Parameter, torch.Size):
        return True
    try:
        checked(function)
    except Unknown:
        return False
    return True


def on_meta(value: Any) -> Any:
    """The same with every tensor replaced by one of its shape, strides and dtype that holds no numbers."""
    if isinstance(value, Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    if type(value) in (list, tuple):
        return type(value)(on_meta(item) for item in value)
    if type(value) is dict:
        return {name: on_meta(item) for name, item in value.items()}
    return value


def parts(value: Any) -> list[Any]:
    """The parts of a value: of lists and tuples, and of those in them."""
    if isinstance(value, list | tuple):
        return [item for part in value for item in parts(part)]
    return [value]


def _is_meta(value: Any) -> bool:
    return isinstance(value, Tensor) and value.device.type == "meta"
