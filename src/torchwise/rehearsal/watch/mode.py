"""Every operation on tensors that the script asks for, noted as it happens."""

import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from torchwise.rehearsal.watch.events import Loss, Op
from torchwise.rehearsal.watch.facts import fact_of, stats_of
from torchwise.rehearsal.watch.record import MOST_PARTS, Record
from torchwise.rehearsal.watch.sites import site_here

LOSSES = {
    "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "l1_loss",
    "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss", "gaussian_nll_loss", "hinge_embedding_loss",
    "soft_margin_loss", "multilabel_soft_margin_loss", "multi_margin_loss", "multilabel_margin_loss",
    "cosine_embedding_loss", "margin_ranking_loss", "triplet_margin_loss", "ctc_loss",
}  # fmt: skip
ACTIVATIONS = {"relu", "relu_", "sigmoid", "tanh", "softmax", "log_softmax", "clamp", "clamp_min", "dropout"}
NUMBERS = {"item", "tolist", "numpy", "__float__", "__int__", "__bool__", "__array__"}  # results that are no tensors
VIEWS = {"data", "T", "mT", "H", "mH", "real"}  # properties that give another tensor
ARITHMETIC = {
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "neg", "abs", "getitem",
    "eq", "ne", "lt", "le", "gt", "ge", "invert",
}  # fmt: skip
SMALL = (torch.uint8, torch.int8, torch.int16)
SYNONYMS = {"truediv": "div", "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div"}


class Watcher(TorchFunctionMode):
    """Notes each operation in the record; changes none of them."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """What the operation gives, noted."""
        kwargs = kwargs or {}
        name = name_of(func)
        if self.record.is_silent or not name:
            return func(*args, **kwargs)
        given = self.record.safely(self._given, args, kwargs)  # before it runs: in place it changes what they are
        grad_enabled = torch.is_grad_enabled()
        operands = self.record.safely(operands_of, name, args)
        result = func(*args, **kwargs)
        if given is not None:
            self.record.safely(self._note, name, operands, given, grad_enabled, result)
        return result

    def _given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        described = self.record.described
        return tuple(map(described, args)), {name: described(value) for name, value in kwargs.items()}

    def _note(self, name: str, args: tuple[Any, ...], given: Any, grad_enabled: bool, result: Any) -> None:
        record = self.record
        tensors = [result] if isinstance(result, Tensor) else []
        if isinstance(result, tuple | list):
            tensors = [item for item in flat(result) if isinstance(item, Tensor)][:MOST_PARTS]
        if not tensors and name not in NUMBERS:
            return
        plain, is_reversed, is_in_place = base_of(name)
        common: dict[str, Any] = {
            "name": plain, "args": given[0], "kwargs": given[1], "site": site_here(), "at": len(record.events),
            "module": record.running[-1] if record.running else None, "is_reversed": is_reversed,
            "is_in_place": is_in_place, "autocast": _autocast(), "grad_enabled": grad_enabled,
            "training": record.training[-1] if record.training else None,
        }  # fmt: skip
        if not tensors:
            record.ops.append(Op(fact=None, **common))
            return
        common["has_wrapped"] = plain in ("add", "sub", "mul") and has_wrapped(plain, args, result)
        for part, tensor in enumerate(tensors):
            op = Op(fact=fact_of(tensor), part=part if len(tensors) > 1 else None, **common)
            if plain in ACTIVATIONS or plain in LOSSES:
                op.stats = stats_of(tensor)
            if is_in_place and isinstance(tensor, torch.nn.Parameter):
                op.parameter = record.parameter_key(tensor)
            record.ops.append(op)
            record.remember(tensor, op)
            if plain in LOSSES:
                self._note_loss(op, args)

    def _note_loss(self, op: Op, args: tuple[Any, ...]) -> None:
        output, target = op.given(0, "input"), op.given(1, "target")
        if not isinstance(output, Op):
            return
        for side, value in zip((output, target), args, strict=False):
            if isinstance(side, Op) and isinstance(value, Tensor) and side.stats is None:
                side.stats = stats_of(value)
        self.record.add(
            Loss, site=op.site, grad_enabled=op.grad_enabled, op=op, name=op.name, output=output,
            target=target if isinstance(target, Op) else None,
        )  # fmt: skip


def operands_of(name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands as they are before an operation; small integers that it changes in place as a copy."""
    is_changed = bool(args) and isinstance(args[0], Tensor) and args[0].dtype in SMALL and base_of(name)[2]
    return (args[0].clone(), *args[1:]) if is_changed else args


def has_wrapped(name: str, operands: tuple[Any, ...], result: Any) -> bool:
    """Whether a sum, difference or product of small integers isn't what it would be with large ones."""
    if not isinstance(result, Tensor) or result.dtype not in SMALL:
        return False
    if name == "sub" and len(operands) > 1 and isinstance(operands[1], int) and operands[1] == 1:
        return False  # labels - 1: the 0 that becomes 255 is left out by ignore_index=255
    wide = [item.long() if isinstance(item, Tensor) else item for item in operands[:2]]
    exact = getattr(operator, name)(*wide)
    return isinstance(exact, Tensor) and bool((exact != result.long()).any() and (-exact != result.long()).any())


def flat(value: Any) -> list[Any]:
    """The values in nested tuples, lists and dicts, in order."""
    if isinstance(value, tuple | list):
        return [inner for item in value for inner in flat(item)]
    if isinstance(value, dict):
        return [inner for item in value.values() for inner in flat(item)]
    return [value]


def name_of(func: Callable[..., Any]) -> str:
    """The name of an operation; "" for one that says something about a tensor rather than computing one."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        owner = getattr(func, "__self__", None)
        name = getattr(owner, "__name__", "")
        return name if name in VIEWS else ""
    return "" if name in ("__set__", "__hash__", "__repr__", "__format__", "size", "dim", "backward") else name


@cache
def base_of(name: str) -> tuple[str, bool, bool]:
    """The plain name of an operation, whether its operands are reversed, and whether it is in place."""
    if name in NUMBERS:
        return name, False, False
    bare = name.strip("_") if name.startswith("__") else name
    if name.startswith("__"):
        for letter, is_reversed in (("r", True), ("i", False)):
            if bare not in ARITHMETIC and bare.startswith(letter) and bare[1:] in ARITHMETIC:
                return SYNONYMS.get(bare[1:], bare[1:]), is_reversed, not is_reversed
    if bare in ("rsub",):
        return "sub", True, False
    is_in_place = bare.endswith("_") or bare == "setitem"
    bare = bare.rstrip("_")
    return SYNONYMS.get(bare, bare), False, is_in_place


def _autocast() -> str | None:
    """The dtype of the autocast in force."""
    for device in ("cuda", "cpu"):
        if torch.is_autocast_enabled(device):
            return str(torch.get_autocast_dtype(device)).removeprefix("torch.")
    return None
