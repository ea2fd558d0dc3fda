"""What a model is made of: each module's output, parameters, operations and activations, without computing a number."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from torchwise.rehearsal.watch.mode import flat
from torchwise.rehearsal.watch.models import Given


@dataclass(frozen=True, kw_only=True)
class Row:
    """One module with all its parts. shape, dtype: of its first output; flops: of one forward pass, a multiplication and
    an addition each; activations: the bytes that the backward pass needs. None where it could not be known.
    """

    path: str
    kind: str
    shape: tuple[int, ...] | None
    dtype: str
    parameters: int
    flops: int | None = None
    activations: int | None = None


@dataclass(frozen=True, kw_only=True)
class ModelSummary:
    """A model: its modules in the order of their first calls, itself first, and the totals.

    given: the shapes and dtypes of its inputs. unknown: why there are no operations and activations.
    """

    name: str
    given: tuple[tuple[tuple[int, ...], str], ...]
    rows: tuple[Row, ...]
    trainable: int
    frozen: int
    unknown: str = ""


@dataclass(eq=False)
class Seen:
    """A module as it is met."""

    kind: str
    parameters: int
    output: Tensor | None = None
    flops: int = 0
    activations: int = 0


class Operations(TorchDispatchMode):
    """Counts the operations by torch's own formulas."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One operation."""
        result = func(*args, **(kwargs or {}))
        if (formula := flop_registry.get(func._overloadpacket)) is not None:
            self.count += int(formula(*args, **(kwargs or {}), out_val=result))
        return result


@dataclass(eq=False)
class Meeting:
    """The modules met in one forward pass, in their order, and those under way."""

    operations: Operations
    seen: dict[str, Seen] = field(default_factory=dict)
    running: list[tuple[Seen, int]] = field(default_factory=list)
    known: set[int] = field(default_factory=set)  # the storages that are no activations, or counted

    @contextmanager
    def of(self, model: nn.Module) -> Iterator[None]:
        """Meet the modules of a model in the block."""
        handles = []
        for name, module in model.named_modules():
            self.known |= {_storage(item) for item in (*module.parameters(), *module.buffers())}
            enter, leave = self._enter(name), self._leave
            handles += [module.register_forward_pre_hook(enter, prepend=True), module.register_forward_hook(leave)]
        try:
            with saved_tensors_hooks(self._save, lambda tensor: tensor), self.operations:
                yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, name: str) -> Any:
        def enter(module: nn.Module, _: Any) -> None:
            parameters = sum(item.numel() for item in module.parameters())
            seen = self.seen.setdefault(name, Seen(type(module).__name__, parameters))
            self.running.append((seen, self.operations.count))

        return enter

    def _leave(self, _: nn.Module, __: Any, output: Any) -> None:
        seen, before = self.running.pop()
        seen.flops += self.operations.count - before
        if seen.output is None:
            seen.output = next((item for item in flat([output]) if isinstance(item, Tensor)), None)

    def _save(self, tensor: Tensor) -> Tensor:
        """A tensor is kept for the backward pass."""
        if (key := _storage(tensor)) not in self.known:
            self.known.add(key)
            for seen, _ in self.running:
                seen.activations += tensor.untyped_storage().nbytes()
        return tensor


def summarize(given: Given, name: str = "") -> ModelSummary:
    """The summary of a model by one forward pass of its twin on the meta device.

    Raises what the model raises where it needs numbers (`.item()`, boolean masks): the meta device has none.
    """
    if given.twin is None or given.arguments is None:
        raise TypeError("it, or what it is given, can't be copied")
    args, kwargs = given.arguments
    meeting = Meeting(Operations())
    meeting.known = {_storage(item) for item in flat([args, kwargs]) if isinstance(item, Tensor)}
    with torch.device("meta"), torch.set_grad_enabled(given.trains), meeting.of(given.twin):
        given.twin(*args, **kwargs)
    rows = tuple(
        Row(path=path, kind=seen.kind, **_output(seen.output), parameters=seen.parameters, flops=seen.flops,
            activations=seen.activations)
        for path, seen in meeting.seen.items()
    )  # fmt: skip
    return ModelSummary(name=name, rows=rows, **described(given))


def described(given: Given) -> dict[str, Any]:
    """What is said of a model as a whole."""
    inputs = [item for item in flat([given.arguments]) if isinstance(item, Tensor)]
    return {
        "given": tuple((tuple(item.shape), _dtype(item)) for item in inputs),
        "trainable": given.trainable,
        "frozen": given.sizes[0] - given.trainable,
    }


def _output(tensor: Tensor | None) -> dict[str, Any]:
    return {
        "shape": None if tensor is None else tuple(tensor.shape),
        "dtype": "" if tensor is None else _dtype(tensor),
    }


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)
