"""What is kept of a tensor: its shape and kind, and the statistics of its values; never the tensor itself."""

from dataclasses import dataclass

import torch
from torch import Tensor

MOST_VALUES = 100_000  # of a larger tensor, spread over its rows


@dataclass(frozen=True)
class Fact:
    """Shape and kind of a tensor."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    device: str
    requires_grad: bool


@dataclass(frozen=True)
class Stats:
    """Of the finite values of a tensor. bad: how many are not finite. zeros: the fraction that is 0."""

    low: float
    high: float
    mean: float
    std: float
    zeros: float
    bad: int
    is_whole: bool  # all values are whole numbers
    is_repeated: bool = False  # there are rows, and all are alike


@dataclass(frozen=True)
class Norm:
    """A batch norm. weights: the sum of its weights; has_statistics: they are not those that it was built with."""

    is_frozen: bool
    weights: float
    has_statistics: bool


def norm_facts(module: torch.nn.Module) -> Norm | None:
    """What is known of a batch norm; None of any other module, and of one without weights or statistics."""
    mean, spread = getattr(module, "running_mean", None), getattr(module, "running_var", None)
    own = [item.detach() for item in module._parameters.values() if item is not None]
    if "BatchNorm" not in type(module).__name__ or mean is None or spread is None or not own or mean.is_meta:
        return None
    return Norm(
        is_frozen=not any(item.requires_grad for item in module.parameters()),
        weights=float(torch.stack([item.double().sum() for item in own]).sum()),
        has_statistics=bool(mean.any() or (spread != 1).any()),
    )  # fmt: skip


def fact_of(tensor: Tensor) -> Fact:
    """Shape and kind of a tensor."""
    if torch.nn.parameter.is_lazy(tensor):
        return Fact((), tensor.dtype, tensor.device.type, tensor.requires_grad)
    return Fact(tuple(tensor.shape), tensor.dtype, tensor.device.type, tensor.requires_grad)


def stats_of(tensor: Tensor) -> Stats | None:
    """The statistics of a tensor's values; None where they can't be had (no values, a sparse or a meta tensor)."""
    if tensor.device.type == "meta" or tensor.layout != torch.strided or not tensor.numel() or tensor.is_complex():
        return None
    values = looked_at(tensor).double()
    good = values[values.isfinite()]
    if not good.numel():
        return Stats(0.0, 0.0, 0.0, 0.0, 0.0, values.numel(), False)
    return Stats(
        low=good.min().item(), high=good.max().item(), mean=good.mean().item(), std=good.std(correction=0).item(),
        zeros=(good == 0).double().mean().item(), bad=values.numel() - good.numel(),
        is_whole=bool((good == good.round()).all()),
        is_repeated=values.dim() > 0 and len(values) > 1 and bool((values == values[:1]).all()),
    )  # fmt: skip


def looked_at(tensor: Tensor) -> Tensor:
    """The tensor; of a large one some values of each row, or some rows where there are very many."""
    tensor = tensor.detach()
    if tensor.numel() <= MOST_VALUES or not tensor.dim():
        return tensor
    every = -(-tensor.numel() // MOST_VALUES)
    rows = tensor.reshape(len(tensor), -1)
    return rows[:, :: _aside(every, rows.shape[1])] if rows.shape[1] > 2 * every else rows[::every]


def _aside(every: int, columns: int) -> int:
    """A stride that is not that of any dimension: every 49th value would be one corner of all 7 x 7 images."""
    while columns % every == 0:
        every += 1
    return every


def norm_of(tensor: Tensor | None) -> float | None:
    """The norm of a gradient; None where there is none."""
    if tensor is None or tensor.layout != torch.strided or tensor.device.type == "meta":
        return None
    return float(torch.linalg.vector_norm(tensor.detach().float()))
