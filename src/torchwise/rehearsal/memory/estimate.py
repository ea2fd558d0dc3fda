"""How much memory a step needs at its peak, and the largest batch that fits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.rehearsal.memory.counting import Counting
from torchwise.rehearsal.memory.twins import batch_size, on_meta, resized
from torchwise.rehearsal.pretend.pretending import CONTEXT

RECURRENT = (nn.RNNBase, nn.RNNCellBase)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step of training is made of. loss: of (output, targets). optimizer: None to evaluate only.

    records: whether gradients are recorded, which an evaluation under no_grad doesn't do.
    """

    model: nn.Module
    loss: Callable[[Any, Any], Tensor] | None = None
    optimizer: torch.optim.Optimizer | None = None
    records: bool = True


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """In bytes, without the context of CUDA. phases: the peak of forward, backward and step; parts: what there is at
    the highest one (weights, inputs, activations, gradients, optimizer, temporary); modules: activations by module.

    is_sure: false where the meta device computes otherwise than a GPU (RNNs).
    """

    batch: int
    peak: int
    phase: str
    phases: dict[str, int]
    parts: dict[str, int]
    modules: dict[str, int]
    is_sure: bool

    def fits(self, total: int, context: int = CONTEXT) -> bool:
        """Whether a card of `total` bytes is enough; `context` is what the driver takes."""
        return self.peak + context <= total


def estimate(step: Step, batch: Any, size: int | None = None) -> Estimate:
    """The memory of two steps (the second has the optimizer's state) with `size` samples, else those of the batch.

    batch: (inputs, targets), of which only shapes and dtypes count.
    Raises what the model raises where it needs numbers (`.item()`, boolean masks): the meta device has none.
    """
    size = size or batch_size(batch)
    model, loss, optimizer = on_meta((step.model, step.loss, step.optimizer))
    inputs, targets = resized(batch, size)
    counting = Counting()
    held = (
        [] if optimizer is None else [t for s in optimizer.state.values() for t in s.values() if isinstance(t, Tensor)]
    )
    counting.count_all([*model.parameters(), *model.buffers()], "weights")
    counting.count_all(held, "optimizer")
    counting.count_all([t for t in (inputs, targets) if isinstance(t, Tensor)], "inputs")
    modules: dict[str, int] = {}
    with _modules_told(model, counting), _gradients_told(model, counting), counting:
        for _ in range(2 if optimizer is not None else 1):
            modules = _run(counting, step, model, loss, optimizer, inputs, targets)
    return Estimate(
        batch=size, peak=counting.peak, phase=counting.peak_phase, phases=dict(counting.peaks), parts=counting.parts,
        modules=modules, is_sure=not any(isinstance(module, RECURRENT) for module in model.modules()),
    )  # fmt: skip


def _run(
    counting: Counting, step: Step, model: nn.Module, loss: Any, optimizer: Any, inputs: Any, targets: Any
) -> dict[str, int]:
    """One step; the activations by module at the end of its forward pass."""
    counting.phase, counting.kind = "forward", "activations"
    with torch.set_grad_enabled(step.records):
        output = model(*inputs) if isinstance(inputs, list | tuple) else model(inputs)
        value = loss(output, targets) if loss is not None else None
    modules = counting.by_module()
    if optimizer is None or value is None:
        return modules
    counting.phase, counting.kind = "backward", "temporary"
    optimizer.zero_grad()
    value.backward()
    counting.phase, counting.kind = "step", "optimizer"
    optimizer.step()
    return modules


@contextmanager
def _modules_told(model: nn.Module, counting: Counting) -> Iterator[None]:
    """The innermost module under way is known to the count."""
    handles, outer = [], [""]
    for name, module in model.named_modules():

        def enter(*_: Any, name: str = name) -> None:
            outer.append(name)
            counting.module = name

        def leave(*_: Any) -> None:
            outer.pop()
            counting.module = outer[-1]

        handles += [module.register_forward_pre_hook(enter), module.register_forward_hook(leave)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _gradients_told(model: nn.Module, counting: Counting) -> Iterator[None]:
    """What becomes the gradient of a weight is counted as one."""
    handles = [
        weight.register_post_accumulate_grad_hook(lambda weight: counting.turn_into(weight.grad, "gradients"))
        for weight in model.parameters()
        if weight.requires_grad
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def largest_batch(step: Step, batch: Any, total: int, most: int = 1 << 20) -> int:
    """The largest batch that a card of `total` bytes takes, by bisection; 0 if not even one sample fits."""
    low, high = 0, min(most, 2)  # a batch of one may raise in a batch norm
    while high < most and estimate(step, batch, high).fits(total):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if estimate(step, batch, middle).fits(total):
            low = middle
        else:
            high = middle
    return low
