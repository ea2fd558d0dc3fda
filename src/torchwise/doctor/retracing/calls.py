"""Calls that a retrace makes itself: which functions are torch's, and what recurrent layers give."""

import types
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.evaluate import checked
from torchwise.doctor.retracing.interpret import Nested


def recurrent(module: nn.RNNBase, arguments: list[Any]) -> Any:
    """What a recurrent layer gives, by its settings: running one on the meta device takes long."""
    given = arguments[0]
    if not isinstance(given, Tensor) or given.dim() not in (2, 3) or given.shape[-1] != module.input_size:
        return None
    ways = 1 + bool(module.bidirectional)
    size = module.proj_size or module.hidden_size
    out = given.new_empty((*given.shape[:-1], ways * size))
    rows = () if given.dim() == 2 else (given.shape[0 if module.batch_first else 1],)
    hidden = given.new_empty((module.num_layers * ways, *rows, size))
    cell = given.new_empty((module.num_layers * ways, *rows, module.hidden_size))
    return (out, (hidden, cell)) if isinstance(module, nn.LSTM) else (out, hidden)


def plain(function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
    """A call without tensors: methods of texts, pure functions."""
    if isinstance(getattr(function, "__self__", None), str | torch.Size):
        return function(*arguments, **named)
    return checked(function)(*arguments, **named)


def is_torch(function: Any) -> bool:
    """Whether a function is torch's or an operator, and no class."""
    if isinstance(function, type):
        return False
    home = getattr(getattr(function, "__objclass__", function), "__module__", None) or ""
    name = getattr(function, "__name__", "")
    return function is getattr or home.split(".")[0] in ("torch", "_operator") or getattr(torch, name, None) is function


def runs_code(value: Any) -> bool:
    """Whether a function given this value would call code of the user's."""
    return isinstance(value, nn.Module | types.FunctionType | types.MethodType | Nested)
