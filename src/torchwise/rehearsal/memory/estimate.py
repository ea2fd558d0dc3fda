"""How much memory a step of training needs that is given by its parts rather than recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.rehearsal.memory.replay import Estimate, measure
from torchwise.rehearsal.memory.tape import Deed, Part, Ref, Tape, flat_tensors, mapped
from torchwise.rehearsal.memory.twins import empty, on_meta


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step of training is made of. loss: of (output, targets). optimizer: None to evaluate only.

    records: whether gradients are recorded, which an evaluation under no_grad doesn't do.
    """

    model: nn.Module
    loss: Callable[[Any, Any], Tensor] | None = None
    optimizer: torch.optim.Optimizer | None = None
    records: bool = True


def estimate(step: Step, batch: Any, size: int | None = None) -> Estimate:
    """The memory of two steps (the second has the optimizer's state) with `size` samples, else those of the batch.

    batch: (inputs, targets), of which only shapes and dtypes count.
    Raises what the model raises where it needs numbers (`.item()`, boolean masks): the meta device has none.
    """
    return measure(tape_of(step, batch), size)


def tape_of(step: Step, batch: Any) -> Tape:
    """The tape of a step as it is mostly written: forward, loss, zero_grad, backward, step."""
    inputs, targets = batch
    given = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    tensors = flat_tensors((given, targets))
    numbers = {id(tensor): Ref(number) for number, tensor in enumerate(tensors)}
    refs, target = mapped((given, targets), lambda item: numbers.get(id(item), item))
    first = len(tensors)
    deeds = [
        Deed(kind="batch", args=tuple(empty(tensor) for tensor in tensors), results=tuple(range(first))),
        Deed(kind="module", part=Part(0), args=refs, results=(first,), grad_enabled=step.records),
    ]
    if step.loss is not None:
        deeds.append(
            Deed(kind="function", func=step.loss, args=(Ref(first), target), results=(first + 1,), grad_enabled=step.records)
        )  # fmt: skip
    if step.loss is not None and step.optimizer is not None:
        deeds += [
            Deed(kind="optimizer", func="zero_grad", part=Part(1)),
            Deed(kind="function", func=Tensor.backward, args=(Ref(first + 1),)),
            Deed(kind="optimizer", func="step", part=Part(1)),
        ]
    deeds += [Deed(kind="gone", results=(number,)) for number in range(first + 2)]
    parts = on_meta((step.model,) if step.optimizer is None else (step.model, step.optimizer))
    return Tape(deeds=tuple(deeds), parts=parts, names=("",) * len(parts), kept=(), counted=(), earlier={},
                size=len(tensors[0]))  # fmt: skip
