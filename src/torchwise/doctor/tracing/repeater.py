"""Functions that may be called again: those of torch and NumPy; random ones by shape alone, in-place ones on copies."""

import ast
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.evaluate import IMPURE, LARGEST, Evaluator, Unknown, checked, is_plain_tensor

RANDOM = {
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "normal", "bernoulli", "dropout",
    "poisson", "multinomial", "empty", "empty_like", "gumbel_softmax",
}  # fmt: skip
SMALL = 1 << 16  # values: a layer with more is run without numbers
EXTERNAL = {
    "set_",
    "resize_",
    "share_memory_",
    "backward",
    "requires_grad_",
    "apply_",
    "map_",
    "numpy",
    "tolist",
    "item",
}
IGNORED = ("generator", "pin_memory", "device")  # they change neither shape nor dtype
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
        named = [keyword for keyword in node.keywords if keyword.arg and keyword.arg not in IGNORED]
        return found, {keyword.arg: self.evaluate(keyword.value) for keyword in named if keyword.arg}

    def applied(self, function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        """Call a function: of a random one the shape, one that works in place on copies."""
        name = getattr(function, "__name__", "")
        tensors = [item for item in parts([*arguments, *named.values()]) if isinstance(item, Tensor)]
        if function is nn.Parameter or (name in ("to", "cuda", "cpu", "dropout") and tensors):
            return arguments[0]
        named = {key: value for key, value in named.items() if key not in IGNORED}
        if name in RANDOM:
            return unfilled(name, arguments, named)
        if any(map(_is_meta, tensors)):
            arguments, named = on_meta(arguments), on_meta(named)
        elif IMPURE.search(name):
            arguments, named = copied(arguments), copied(named)
        return self._apply(function, arguments, {key: value for key, value in named.items() if key != "inplace"})

    def _apply(self, function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        """Call a function or a layer; a small layer on the CPU, for the meta device takes a second to get ready."""
        if not isinstance(function, nn.Module):
            return super()._apply(function, arguments, named)
        state = [*function.parameters(), *function.buffers()]
        tensors = [item for item in parts([*arguments, *named.values()]) if isinstance(item, Tensor)]
        if any(item.device.type != "cpu" or item.numel() > SMALL for item in [*state, *tensors]):
            return super()._apply(function, arguments, named)
        names = {**dict(function.named_parameters()), **dict(function.named_buffers())}
        copies = {name: value.detach().clone() for name, value in names.items()}
        with torch.random.fork_rng(devices=[]):
            return torch.func.functional_call(function, copies, tuple(arguments), named)


def unfilled(name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    """What a random function gives, by shape and dtype."""
    if name in ("bernoulli", "poisson", "gumbel_softmax") or name.endswith("_like"):
        return torch.zeros_like(arguments[0], dtype=named.get("dtype"))
    if name == "randperm":
        return torch.arange(arguments[0])
    if name == "multinomial":
        return torch.zeros((*arguments[0].shape[:-1], arguments[1]), dtype=torch.long)
    if name == "randint":
        size = named.get("size", arguments[-1])
        return torch.zeros(tuple(size), dtype=named.get("dtype") or torch.long, device=_home(size))
    if name == "normal":
        size = named.get("size") or arguments[-1]
        return torch.zeros_like(arguments[0]) if isinstance(arguments[0], Tensor) else torch.zeros(tuple(size))
    size = named.get("size") or (arguments[0] if arguments and isinstance(arguments[0], list | tuple) else arguments)
    return torch.zeros(tuple(size), dtype=named.get("dtype"), device=_home(size))


def _home(size: Any) -> str:
    """Small tensors are made on the CPU, large ones without numbers."""
    return "cpu" if math.prod(size) <= LARGEST else "meta"


def copied(value: Any) -> Any:
    """The same with every tensor copied, so that what works in place leaves the user's alone."""
    if isinstance(value, Tensor):
        return value.detach().clone() if value.numel() <= LARGEST and value.device.type == "cpu" else on_meta(value)
    if type(value) in (list, tuple):
        return type(value)(copied(item) for item in value)
    return {name: copied(item) for name, item in value.items()} if type(value) is dict else value


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
