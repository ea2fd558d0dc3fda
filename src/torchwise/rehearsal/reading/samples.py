"""Samples of a loader's data read once more: the labels in their order, and whether a sample is the same each time."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, Subset, TensorDataset

LIMIT_S = 2.0  # for reading samples that the script has read already
MOST = 4000


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
    with _same_randomness():
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
    if isinstance(last, Tensor) and last.numel() == 1:
        last = last.item()
    elif type(last).__module__ == "numpy" and getattr(last, "size", 0) == 1:
        last = last.item()  # type: ignore[union-attr]
    return int(last) if isinstance(last, int | float) and float(last).is_integer() else None


def changing_inputs(data: Any) -> tuple[int, Tensor, Tensor] | None:
    """A sample that has other inputs when it is read again, and the same class: (index, first, second)."""
    if isinstance(data, IterableDataset) or not hasattr(data, "__len__"):
        return None
    until = time.monotonic() + LIMIT_S
    with _same_randomness():
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
def _same_randomness() -> Iterator[None]:
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
