"""A setup without numbers: the same model and optimizer on the meta device, and batches of any size."""

from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.optim import Optimizer

from torchwise.rehearsal.copies import copy_together


def on_meta(parts: tuple[Any, ...], memo: dict[int, Any] | None = None, device: str = "meta") -> tuple[Any, ...]:
    """A deep copy of modules, optimizers and tensors that hold no numbers; what was shared stays shared.

    memo: twins that are there already, by the id of the tensor. device: "cpu" inside a FakeTensorMode.
    """
    memo = dict(memo or {})
    for part in parts:
        for tensor in _tensors_of(part):
            if id(tensor) not in memo:
                memo[id(tensor)] = empty(tensor, device)
        with unset_fake_temporarily():  # what is a number on the CPU stays one
            memo |= {id(count): count.clone() for count in _counts(part)}
    return copy_together(parts, memo)


def _tensors_of(part: Any) -> list[Tensor]:
    if isinstance(part, Tensor):
        return [part]
    if isinstance(part, list | tuple | dict):
        return [tensor for item in (part.values() if isinstance(part, dict) else part) for tensor in _tensors_of(item)]
    if isinstance(part, nn.Module):
        plain = [value for module in part.modules() for value in vars(module).values() if isinstance(value, Tensor)]
        return [*part.parameters(), *part.buffers(), *plain]
    if isinstance(part, Optimizer):
        return [*(tensor for group in part.param_groups for tensor in group["params"]), *states(part)]
    return []


def _counts(part: Any) -> list[Tensor]:
    """An optimizer's counts of steps."""
    if isinstance(part, list | tuple):
        return [count for item in part for count in _counts(item)]
    values = [v for state in part.state.values() for v in state.values()] if isinstance(part, Optimizer) else []
    return [value for value in values if isinstance(value, Tensor) and not value.dim()]


def states(optimizer: Optimizer) -> list[Tensor]:
    """The tensors of an optimizer's state; its count of steps is a number on the CPU."""
    values = [value for state in optimizer.state.values() for value in state.values()]
    return [value for value in values if isinstance(value, Tensor) and value.dim()]


def empty(tensor: Tensor, device: str = "meta") -> Tensor:
    """A tensor like another, without numbers, its gradient too."""
    with torch._C.DisableTorchFunction():
        found = torch.empty_strided(tuple(tensor.shape), tensor.stride(), dtype=tensor.dtype, device=device)
        if isinstance(tensor, nn.Parameter):
            found = nn.Parameter(found, requires_grad=tensor.requires_grad)
        elif tensor.is_leaf and tensor.requires_grad:
            found.requires_grad_()
        if tensor.is_leaf and tensor.grad is not None:
            found.grad = empty(tensor.grad, device)
        return found


def samples_dim(tensor: Tensor, size: int) -> int | None:
    """The dimension of a tensor that holds the samples of a batch of `size`: the first or the second."""
    return next((dim for dim in range(min(2, tensor.dim())) if tensor.shape[dim] == size), None)


def grown(tensor: Tensor, before: int, size: int, device: str = "meta") -> Tensor:
    """A tensor without numbers that has `size` samples where this one has `before`."""
    dim = samples_dim(tensor, before)
    if size == before or dim is None:
        return empty(tensor, device)
    shape = [*tensor.shape[:dim], size, *tensor.shape[dim + 1 :]]
    return torch.empty(shape, dtype=tensor.dtype, device=device, requires_grad=tensor.requires_grad)
