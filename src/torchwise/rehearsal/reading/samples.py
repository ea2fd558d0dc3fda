"""Samples of a loader's data read once more: the labels in their order, and whether a sample is the same each time."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, Subset, TensorDataset

LIMIT_S = 2.0  # for reading samples that the script has read already
MOST = 4000
MOST_WIDE = 2000  # values of a sample that is a row of a table


def is_in_order(loader: Any) -> bool:
    """Whether a loader gives the samples of its data set in their order, in every epoch."""
    return isinstance(getattr(loader, "sampler", None), torch.utils.data.SequentialSampler)


def labels_of(data: Any) -> list[int]:
    """The class of each sample in order, as far as they can be read in time; none where the samples have no class."""
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__"):
        return []
    kept = _kept_labels(data)
    if kept is not None:
        return kept
    found: list[int] = []
    until = time.monotonic() + LIMIT_S
    with same_randomness():
        for index in range(min(len(data), MOST)):
            label = _label(data[index])
            if label is None or time.monotonic() > until:
                break
            found.append(label)
    return found


def _kept_labels(data: Any) -> list[int] | None:
    """The labels of a data set of tensors, or of a part of one, without reading its samples."""
    if isinstance(data, Subset):
        whole = _kept_labels(data.dataset)
        return whole if not whole else [whole[index] for index in data.indices]
    if isinstance(data, TensorDataset):
        last = data.tensors[-1]
        return last.flatten().tolist() if _is_classes(last) else []
    return None


def _is_classes(labels: Tensor) -> bool:
    """Whether a tensor has one class a sample."""
    is_one_each = labels.dim() == 1 or (labels.dim() == 2 and labels.shape[1] == 1)
    return (
        is_one_each
        and len(labels) > 0
        and bool((labels == labels.round()).all())
        and len(set(labels.flatten().tolist())) <= 1000
    )


def _label(sample: Any) -> int | None:
    """The class at the end of a sample."""
    last = sample[-1] if isinstance(sample, tuple | list) and len(sample) > 1 else None
    if isinstance(sample, dict):
        last = next((value for name, value in sample.items() if str(name).startswith(("label", "target", "y"))), None)
    if (isinstance(last, Tensor) and last.numel() == 1) or (
        isinstance(last, np.generic | np.ndarray) and last.size == 1
    ):
        last = last.item()
    return int(last) if isinstance(last, int | float) and float(last).is_integer() else None


def inputs_of(data: Any) -> Tensor | None:
    """The inputs of all samples, (samples, ...), float64; None where they are too many, or differ in size."""
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__") or not 0 < len(data) <= MOST:
        return None
    if isinstance(data, Subset):
        whole = _kept_inputs(data.dataset)
        kept = whole[torch.as_tensor(data.indices)] if whole is not None else None
    else:
        kept = _kept_inputs(data)
    if kept is None:
        until = time.monotonic() + LIMIT_S
        with same_randomness():
            read = itertools.takewhile(lambda _: time.monotonic() < until, (_first(data[i]) for i in range(len(data))))
            rows = [row for row in read if row is not None]
        if len(rows) < len(data) or len({row.shape for row in rows}) > 1:
            return None
        kept = torch.stack(rows)
    is_table = kept.is_floating_point() and kept.dim() >= 2 and kept[0].numel() <= MOST_WIDE
    return kept.detach().double() if is_table else None


def _kept_inputs(data: Any) -> Tensor | None:
    """The inputs of a data set of tensors, without reading its samples."""
    return data.tensors[0] if isinstance(data, TensorDataset) else None


def _first(sample: Any) -> Tensor | None:
    """The first tensor or array of a sample."""
    part = sample[0] if isinstance(sample, tuple | list) and sample else sample
    return torch.as_tensor(part) if hasattr(part, "shape") and hasattr(part, "dtype") else None


def changing_inputs(data: Any) -> tuple[int, Tensor, Tensor] | None:
    """A sample that has other inputs when it is read again, and the same class: (index, first, second)."""
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__"):
        return None
    until = time.monotonic() + LIMIT_S
    with same_randomness():
        for index in range(min(len(data), 8)):
            read = [data[index] for _ in range(4)]
            inputs, labels = [_inputs(sample) for sample in read], [_label(sample) for sample in read]
            if time.monotonic() > until or None in labels or len(set(labels)) > 1:
                return None
            first = inputs[0]
            for other in inputs[1:]:
                if first is not None and other is not None and not _is_equal(first, other):
                    return index, first, other
    return None


def _inputs(sample: Any) -> Tensor | None:
    """The only inputs of a sample; None where it has several."""
    parts: Sequence[Any] = sample if isinstance(sample, tuple | list) else ()
    if len(parts) != 2 or not hasattr(parts[0], "shape"):
        return None
    return torch.as_tensor(parts[0])


def _is_equal(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and torch.equal(first.nan_to_num(), second.nan_to_num())


@contextmanager
def same_randomness() -> Iterator[None]:
    """Reading draws random numbers; afterwards the generators stand where they stood."""
    import random

    import numpy as np

    torch_state, python_state, numpy_state = torch.get_rng_state(), random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        torch.set_rng_state(torch_state)
        random.setstate(python_state)
        np.random.set_state(numpy_state)
