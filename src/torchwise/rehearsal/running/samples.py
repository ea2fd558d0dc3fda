"""What is in a sample: its numbers and tensors, flat, as a batch of them would hold them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor


def leaves(sample: Any) -> Iterator[Any]:
    """The tensors, arrays and numbers of a sample, in the order in which a batch holds them."""
    if isinstance(sample, Tensor | np.ndarray | np.generic | int | float):
        yield sample
    elif isinstance(sample, dict):
        for value in sample.values():
            yield from leaves(value)
    elif isinstance(sample, list | tuple):
        for value in sample:
            yield from leaves(value)


def shapes(sample: Any) -> tuple[tuple[int, ...], ...]:
    """The shape of each leaf."""
    return tuple(tuple(getattr(leaf, "shape", ())) for leaf in leaves(sample))


def as_tensor(leaf: Any) -> Tensor | None:
    """A leaf as a tensor; None where it can't be one."""
    if isinstance(leaf, Tensor):
        return leaf.detach()
    try:
        return torch.as_tensor(leaf)
    except (TypeError, ValueError, RuntimeError):
        return None


def bad_value(leaf: Any) -> str:
    """ "NaN" or "inf" if a leaf holds one, else ""."""
    values = as_tensor(leaf)
    if values is None or not values.is_floating_point() or values.layout != torch.strided or not values.numel():
        return ""
    if torch.isfinite(values).all():
        return ""
    return "NaN" if torch.isnan(values).any() else "inf"
