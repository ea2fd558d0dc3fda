"""What is hung on the modules and weights of a replay: where activations are made, what is a gradient, what is recomputed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from torchwise.rehearsal.memory.counting import Counting


@contextmanager
def _removed(handles: list[RemovableHandle]) -> Iterator[None]:
    """The hooks hang as long as the block runs."""
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def told(name: str, module: nn.Module, counting: Counting) -> Iterator[None]:
    """The innermost module under way is known to the count."""

    def enter(*_: Any) -> None:
        counting.outer.append(name)

    def leave(*_: Any) -> None:
        counting.outer.pop()

    handles = [module.register_forward_pre_hook(enter), module.register_forward_hook(leave)]
    with _removed(handles):
        yield


@contextmanager
def gradients_told(weights: list[Tensor], counting: Counting) -> Iterator[None]:
    """What becomes the gradient of a weight is counted as one."""

    def tell(weight: Tensor) -> None:
        if weight.grad is not None:
            counting.turn_into(weight.grad, "gradients")

    handles = [weight.register_post_accumulate_grad_hook(tell) for weight in weights]
    with _removed(handles):
        yield


@contextmanager
def checkpointed(module: nn.Module) -> Iterator[None]:
    """The module keeps only what it is given, and is computed once more in the backward pass."""
    from torch.utils.checkpoint import checkpoint

    original = module.forward
    module.forward = lambda *args, **kwargs: checkpoint(
        original, *args, use_reentrant=False, preserve_rng_state=False, determinism_check="none", **kwargs
    )
    try:
        yield
    finally:
        del module.forward
