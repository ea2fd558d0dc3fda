"""Batches of a data set: in-memory tensors are gathered once an epoch and sliced, all else goes through DataLoader."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from torchwise.errors import Problem
from torchwise.texts import tr

ALIGNMENT = 64  # bytes; a batch that starts elsewhere takes other CPU kernels, whose sums differ in the last bit

Batch = Any  # whatever the data set's samples are collated to: usually (inputs, targets)


def batches(
    data: Dataset[Any] | DataLoader[Any], *, batch_size: int, shuffle: bool = False, workers: int = 0
) -> Iterator[Batch]:
    """The batches of one pass over `data`, the last one as short as it comes.

    A DataLoader is used as it is. A TensorDataset is sliced in memory; its batches and the random numbers
    it draws are those of `DataLoader(data, batch_size, shuffle)`.
    """
    if isinstance(data, DataLoader):
        yield from data
    elif type(data) is TensorDataset and workers == 0:
        yield from _slices(data.tensors, batch_size, shuffle)
    else:
        shuffle = shuffle and not isinstance(data, IterableDataset)
        yield from DataLoader(data, batch_size=batch_size, shuffle=shuffle, num_workers=workers)


def to_device(batch: Batch, device: str | torch.device) -> tuple[tuple[Any, ...], Any]:
    """The model's arguments and the targets of a batch, moved to the device.

    Raises Problem for a batch that is not (inputs, targets) or (first input, ..., targets).
    """
    if not isinstance(batch, list | tuple) or len(batch) < 2:
        raise Problem(
            tr("a batch holds inputs alone, not (inputs, targets)"),
            why=tr("the loss compares the model's outputs with targets, so every sample must bring both"),
            fix=tr("let the data set's __getitem__ return `inputs, targets`"),
        )
    *inputs, targets = (_move(part, device) for part in batch)
    return tuple(inputs), targets


def inputs_to_device(batch: Batch, device: str | torch.device) -> tuple[Any, ...]:
    """The model's arguments of a batch with or without targets, moved to the device."""
    if not isinstance(batch, list | tuple):
        return (_move(batch, device),)
    inputs = batch[:-1] if len(batch) > 1 else batch
    return tuple(_move(part, device) for part in inputs)


def _move(part: Any, device: str | torch.device) -> Any:
    """Tensors on the device, in lists, tuples and dicts too; all else as it is."""
    if isinstance(part, Tensor):
        return part.to(device)
    if isinstance(part, dict):
        return {name: _move(value, device) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_move(value, device) for value in part]
    return part


def _slices(tensors: tuple[Tensor, ...], batch_size: int, shuffle: bool) -> Iterator[tuple[Tensor, ...]]:
    """The batches DataLoader would give, without collating sample by sample."""
    _draw_seed()  # DataLoader draws a seed for its workers whether it has any or not
    num_samples = len(tensors[0])
    if shuffle:
        generator = torch.Generator().manual_seed(_draw_seed())
        order = torch.randperm(num_samples, generator=generator)
        tensors = tuple(tensor.index_select(0, order) for tensor in tensors)
    for start in range(0, num_samples, batch_size):
        yield tuple(_aligned(tensor[start : start + batch_size]) for tensor in tensors)


def _draw_seed() -> int:
    """One seed from torch's global generator, as DataLoader and RandomSampler draw theirs."""
    return int(torch.empty((), dtype=torch.int64).random_().item())


def _aligned(batch: Tensor) -> Tensor:
    """`batch`, copied where it does not start on a 64-byte boundary."""
    return batch if batch.data_ptr() % ALIGNMENT == 0 else batch.clone()
