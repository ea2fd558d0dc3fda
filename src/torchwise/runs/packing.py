"""A tree of plain values and tensors as JSON beside named tensors, and back. No pickle, so no code in it can run."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Unpackable(TypeError):
    """A value that is neither plain nor a tensor: where in the tree it stands, and of what type it is."""

    def __init__(self, place: str, kind: str) -> None:
        super().__init__(f"{place} is of type {kind}")
        self.place, self.kind = place, kind


def pack(value: Any, tensors: dict[str, Tensor], place: str = "") -> Any:
    """The value as JSON; each tensor in it goes into `tensors` by its place in the tree, on the CPU.

    Raises Unpackable for all but None, bool, int, float, str, list, tuple, dict, Counter, tensors and arrays.
    """
    if isinstance(value, Tensor):
        tensors[place] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": place}
    if isinstance(value, np.ndarray):
        return {"array": pack(torch.from_numpy(value), tensors, place)}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        kind = "counter" if isinstance(value, Counter) else "dict"
        return {kind: [[_key(key, place), pack(inner, tensors, f"{place}/{key}")] for key, inner in value.items()]}
    if isinstance(value, list | tuple):
        packed = [pack(inner, tensors, f"{place}/{index}") for index, inner in enumerate(value)]
        return packed if isinstance(value, list) else {"tuple": packed}
    raise Unpackable(place, type(value).__name__)


def unpack(packed: Any, tensors: Mapping[str, Tensor]) -> Any:
    """The value that `pack` packed.

    Raises ValueError or KeyError for what it did not write.
    """
    if isinstance(packed, list):
        return [unpack(inner, tensors) for inner in packed]
    if not isinstance(packed, dict):
        return packed
    ((kind, held),) = packed.items()
    if kind == "tensor":
        return tensors[held]
    if kind == "array":
        return unpack(held, tensors).numpy()
    if kind == "tuple":
        return tuple(unpack(held, tensors))
    if kind in ("dict", "counter"):
        found = {key: unpack(inner, tensors) for key, inner in held}
        return Counter(found) if kind == "counter" else found
    raise ValueError(f"unknown kind {kind!r}")


def _key(key: object, place: str) -> int | str:
    """A key that JSON in a list keeps as it is."""
    if isinstance(key, int | str):
        return key
    raise Unpackable(place, f"dict[{type(key).__name__}, ...]")
