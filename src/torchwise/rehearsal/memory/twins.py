"""A setup without numbers: the same model and optimizer on the meta device, and batches of any size."""

import copy
from typing import Any

import torch
from torch import Tensor, nn


def on_meta(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """A deep copy of model, loss and optimizer whose tensors hold no numbers; what was shared stays shared."""
    memo: dict[int, Any] = {}
    for part in parts:
        for tensor in _tensors_of(part):
            memo.setdefault(id(tensor), _empty(tensor))
    twins: tuple[Any, ...] = copy.deepcopy(parts, memo)
    return twins


def _tensors_of(part: Any) -> list[Tensor]:
    if isinstance(part, nn.Module):
        plain = [value for module in part.modules() for value in vars(module).values() if isinstance(value, Tensor)]
        return [*part.parameters(), *part.buffers(), *plain]
    if isinstance(part, torch.optim.Optimizer):
        held = [tensor for group in part.param_groups for tensor in group["params"]]
        states = [value for state in part.state.values() for value in state.values() if isinstance(value, Tensor)]
        return [*held, *(value for value in states if value.dim())]  # the count of steps is a number on the CPU
    return []


def _empty(tensor: Tensor) -> Tensor:
    found = torch.empty_strided(tuple(tensor.shape), tensor.stride(), dtype=tensor.dtype, device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(found, requires_grad=tensor.requires_grad)
    return found.requires_grad_(tensor.requires_grad) if tensor.is_leaf else found


def batch_size(batch: Any) -> int:
    """The first dimension of the first tensor of a batch."""
    first = next(_flat(batch))
    return int(first.shape[0])


def resized(batch: Any, size: int) -> Any:
    """The batch with `size` samples, without numbers."""
    before = batch_size(batch)

    def change(value: Any) -> Any:
        if isinstance(value, Tensor):
            is_batched = value.dim() > 0 and value.shape[0] == before
            shape = (size, *value.shape[1:]) if is_batched else tuple(value.shape)
            return torch.empty(shape, dtype=value.dtype, device="meta")
        if isinstance(value, dict):
            return {key: change(item) for key, item in value.items()}
        return type(value)(map(change, value)) if type(value) in (list, tuple) else value

    return change(batch)


def _flat(value: Any) -> Any:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _flat(item)
