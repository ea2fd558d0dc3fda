"""The samples that torch could not put together: the samples themselves, the odd part, and where it was returned."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.doctor.bindings import Key
from torchwise.doctor.case import Case
from torchwise.doctor.objects.definitions import Definition, definition_of, method_defined
from torchwise.doctor.objects.loading import COLLATING, data_under_way, loader_call, loader_under_way
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import returns_of

DEEPEST = 4


@dataclass(frozen=True, eq=False)
class Collation:
    """A failure of the default collate function.

    samples: what the data set gave. parts: the parts of one kind that don't go together. path: where they are in a sample.
    """

    case: Case
    samples: list[Any]
    parts: list[Any]
    path: tuple[Key, ...]
    data: Any

    @property
    def label(self) -> str:
        """How the part is named: part 0 of each sample, or by its key."""
        return "".join(f"[{key!r}]" for key in self.path)

    @property
    def getter(self) -> Definition | None:
        """The data set's `__getitem__`."""
        return method_defined(self.data, "__getitem__") or method_defined(self.data, "__iter__")

    @property
    def part_spot(self) -> Spot | None:
        """The expression that `__getitem__` returns for the part."""
        getter = self.getter
        given = returns_of(getter.scope) if getter is not None else []
        if getter is None or not given:
            return None
        return Spot(getter.source, given[-1], receiver=self.data, path=self.path)

    @property
    def loader(self) -> Spot | None:
        """The call that built the loader."""
        under_way = loader_under_way(self.case)
        return loader_call(self.case.flow, under_way) if under_way is not None else None


def collation(case: Case) -> Collation | None:
    """The samples of a failure in the default collate function."""
    frames = [f for f in case.frames if not f.is_user and f.function in COLLATING and "batch" in f.locals]
    if not frames:
        return None
    samples = _listed(frames[0].locals["batch"])
    parts = samples
    for frame in frames:
        parts = _listed(frame.locals["batch"])
        if parts and any(isinstance(item, Tensor) or type(item).__name__ == "ndarray" for item in parts):
            break
    if not samples:
        return None
    path = _path(samples, parts)
    return Collation(case, samples, parts, path, data_under_way(case))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _path(samples: list[Any], parts: list[Any], depth: int = 0) -> tuple[Key, ...]:
    """Where the parts stand in each sample."""
    if not parts or parts is samples or depth > DEEPEST:
        return ()
    if len(parts) == len(samples) and all(a is b for a, b in zip(parts, samples, strict=True)):
        return ()
    first = samples[0]
    keys: list[Any] = (
        list(first) if isinstance(first, dict) else list(range(len(first))) if isinstance(first, list | tuple) else []
    )
    for key in keys:
        try:
            inner = [sample[key] for sample in samples]
        except (LookupError, TypeError):
            continue
        if len(inner) == len(parts) and all(a is b for a, b in zip(inner, parts, strict=True)):
            return (key,)
        if isinstance(inner[0], dict | list | tuple) and (found := _path(inner, parts, depth + 1)):
            return (key, *found)
    return ()


def path_to(samples: list[Any], parts: list[Any]) -> tuple[Key, ...] | None:
    """The same; None where the parts are not those of the samples, but were made anew of them."""
    is_whole = len(parts) == len(samples) and all(a is b for a, b in zip(parts, samples, strict=True))
    return () if is_whole else _path(samples, parts) or None


def callables_of(data: Any, depth: int = 0) -> Iterator[Definition]:
    """The user's functions that a data set holds: its transform, the steps of it."""
    if depth > DEEPEST or data is None or isinstance(data, str | bytes | int | float | Tensor):
        return
    if isinstance(data, list | tuple):
        for item in data[:20]:
            yield from callables_of(item, depth + 1)
        return
    if depth and callable(data) and (definition := definition_of(data)) is not None:
        yield definition
    if depth == 0 or class_nodes(type(data)) or type(data).__name__ == "Compose":
        values = vars(data).values() if hasattr(data, "__dict__") else []
        for value in list(values)[:40]:
            if callable(value) or isinstance(value, list | tuple):
                yield from callables_of(value, depth + 1)
