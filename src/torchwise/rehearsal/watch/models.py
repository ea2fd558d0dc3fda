"""The models that a script called, each with what it was given: kept without numbers, for their summaries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from torchwise.rehearsal.memory.twins import on_meta
from torchwise.rehearsal.watch.events import Key
from torchwise.rehearsal.watch.registry import Registry

MOST_MODELS = 12
PLAIN = int | float | complex | bool | str | bytes | None | torch.dtype | torch.device


@dataclass(frozen=True, kw_only=True)
class Given:
    """A model and the arguments of one call, without numbers: nothing of the script's is kept alive.

    twin, arguments: on the meta device; None where they can't be had. parts: its modules by path, itself first at "".
    trains: whether it was in train mode, and gradients were recorded.
    """

    twin: nn.Module | None
    arguments: tuple[tuple[Any, ...], dict[str, Any]] | None
    parts: dict[str, Key]
    kinds: tuple[str, ...]
    sizes: tuple[int, ...]  # parameters, of each part
    trainable: int
    trains: bool


def keep_call(kept: dict[Key, Given], keys: Registry, module: nn.Module, args: Any, kwargs: Any) -> None:
    """Keep a model's first call, and rather the first that trains; once all its parameters are made."""
    trains, key = module.training and torch.is_grad_enabled(), keys.key(module)
    before = kept.get(key)
    if before is not None and (before.trains or not trains):
        return
    parameters = list(module.parameters())
    if (before is None and len(kept) >= MOST_MODELS) or not parameters or any(map(is_lazy, parameters)):
        return
    named = list(module.named_modules())
    kept[key] = Given(
        twin=_or_none(lambda: on_meta((module,))[0]), arguments=_or_none(lambda: (outlined(args), outlined(kwargs))),
        parts={path: keys.key(part) for path, part in named}, kinds=tuple(type(part).__name__ for _, part in named),
        sizes=tuple(sum(item.numel() for item in part.parameters()) for _, part in named),
        trainable=sum(item.numel() for item in parameters if item.requires_grad), trains=trains,
    )  # fmt: skip


def _or_none(make: Callable[[], Any]) -> Any:
    """What is made; None where a copy of it can't be had, which the summary then says."""
    try:
        return make()
    except Exception:
        return None


def outlined(value: Any) -> Any:
    """A value whose tensors hold no numbers. Raises TypeError for what may hold tensors elsewhere."""
    if isinstance(value, Tensor):
        with torch._C.DisableTorchFunction():
            return torch.empty_strided(tuple(value.shape), value.stride(), dtype=value.dtype, device="meta")
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, dict):
        return {name: outlined(item) for name, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(outlined, value))
    if type(value) in (list, tuple):
        return type(value)(map(outlined, value))
    raise TypeError(type(value).__name__)
