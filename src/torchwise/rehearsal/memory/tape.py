"""A step as it was recorded: what the user's own code did with tensors, without the tensors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.finding import Place

NOWHERE = Place(file="", line=0)


@dataclass(frozen=True)
class Ref:
    """A tensor that an earlier deed of the step gave."""

    number: int


@dataclass(frozen=True)
class Kept:
    """A tensor that was there before the step."""

    number: int


@dataclass(frozen=True)
class Part:
    """A module or an optimizer, by its place among the parts of the tape."""

    number: int


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One thing that the user's code did outside of all modules.

    kind: "function" (func: of torch, or any callable), "module", "optimizer" (func: the name of its method), "batch"
    (args: the tensors that a loader gave), "gone" (results: the tensors that nothing held any longer; is_earlier: those
    of the step before). args, kwargs: tensors as Ref or Kept. results: the numbers of the tensors it gave, in order.
    is_counted: whether what it made is on the device in question. made: templates of what it gave; None if any of it
    has gradients.
    """

    kind: str
    func: Any = None
    part: Part | None = None
    args: Any = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    results: tuple[int, ...] = ()
    is_earlier: bool = False
    grad_enabled: bool = True
    autocast: torch.dtype | None = None
    is_counted: bool = True
    where: Place = NOWHERE
    made: tuple[Tensor, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Tape:
    """The deeds of a step, and meta twins of all they need.

    parts: modules and optimizers. kept: the tensors from before; counted: which of them are on the device.
    earlier: what the step before had left, by its number. size: of the batch, 0 where there is none.
    """

    deeds: tuple[Deed, ...]
    parts: tuple[Any, ...]
    names: tuple[str, ...]
    kept: tuple[Tensor, ...]
    counted: tuple[bool, ...]
    earlier: dict[int, Tensor]
    size: int
    where: Place = NOWHERE

    @property
    def trains(self) -> bool:
        """Whether a backward pass ran."""
        return any(is_backward(deed) for deed in self.deeds)

    @property
    def steps(self) -> bool:
        """Whether an optimizer stepped."""
        return any(deed.kind == "optimizer" and deed.func == "step" for deed in self.deeds)

    @property
    def records(self) -> bool:
        """Whether a model was called with gradients on."""
        return any(deed.grad_enabled for deed in self.calls)

    @property
    def calls(self) -> list[Deed]:
        """The calls of modules that have something to learn."""
        return [deed for deed in self.deeds if deed.part is not None and deed.kind == "module"
                and next(self.parts[deed.part.number].parameters(), None) is not None]  # fmt: skip

    @property
    def modules(self) -> Iterator[nn.Module]:
        """The modules among the parts."""
        return (part for part in self.parts if isinstance(part, nn.Module))

    def changed(self, change: Callable[[Deed], Deed]) -> "Tape":
        """The same with each deed changed."""
        return replace(self, deeds=tuple(map(change, self.deeds)))


def is_backward(deed: Deed) -> bool:
    """Whether a deed is a backward pass, or asks for gradients."""
    return deed.kind == "function" and getattr(deed.func, "__name__", "") in ("backward", "grad")


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with `change` applied to all that is in its lists, tuples and dicts."""
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(item, change) for item in value))
    if isinstance(value, list | tuple):
        return (list if isinstance(value, list) else tuple)(mapped(item, change) for item in value)
    if isinstance(value, slice):
        return slice(*(mapped(item, change) for item in (value.start, value.stop, value.step)))
    return change(value)


def flat_tensors(value: Any) -> list[Tensor]:
    """The tensors in a value, in order."""
    found: list[Tensor] = []

    def note(item: Any) -> Any:
        if isinstance(item, Tensor):
            found.append(item)
        return item

    mapped(value, note)
    return found
