"""What a model is asked to do on the pretended GPU, tried without numbers first: whether it fits, before memory is spent.

A batch that fits the GPU but would be slow and large here is really computed for its first samples; the results of
those stand in for the others, and what all of them would hold is held in the count.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.rehearsal.memory.tape import flat_tensors, mapped
from torchwise.rehearsal.pretend.labels import CPU, Labels
from torchwise.rehearsal.replacing import replaced

LARGE = 2**30  # bytes that one call may take here
SMALL = 2**26  # bytes that the first samples of a larger one may take


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a call without numbers took: at most, and still at its end. None where it could not be tried."""

    most: int
    kept: int


@dataclass(eq=False, kw_only=True)
class Outermost:
    """The calls of modules by the user's own code. quiet: lets nobody watch. shrunk: samples asked for and computed."""

    labels: Labels
    quiet: Callable[[], AbstractContextManager[Any]]
    shrunk: dict[int, int] = field(default_factory=dict)
    is_inside: bool = False
    trials: dict[Any, Trial | None] = field(default_factory=dict)

    @contextmanager
    def at_work(self) -> Iterator["Outermost"]:
        """Try each call first in the block."""
        original = nn.Module.__call__

        def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            if self.is_inside or not self._is_there(module):
                return original(module, *args, **kwargs)
            self.is_inside = True
            try:
                return self._call(original, module, args, kwargs)
            finally:
                self.is_inside = False

        with replaced(nn.Module, "__call__", call):
            yield self

    def _is_there(self, module: nn.Module) -> bool:
        """Whether a module is on the pretended GPU."""
        first = next(module.parameters(), None)
        return first is not None and self.labels.of(first) == self.labels.device

    def _call(self, original: Callable[..., Any], module: nn.Module, args: Any, kwargs: Any) -> Any:
        with self.quiet():
            shapes = tuple((tuple(tensor.shape), tensor.dtype) for tensor in flat_tensors((args, kwargs)))
            key = id(module), shapes, torch.is_grad_enabled(), module.training, torch.is_autocast_enabled("cpu")
            trial = self.trials.get(key)
            if key not in self.trials or (trial is not None and not self._has_room(trial)):
                self.trials[key] = trial = self._tried(original, module, args, kwargs)
        size = next((shape[0] for shape, _ in shapes if shape), 0)
        if trial is None or trial.most < LARGE or size < 4:
            return original(module, *args, **kwargs)
        few = max(2, size * SMALL // trial.most)
        self.shrunk[size] = few
        return self._computed_for(few, size, trial.kept, lambda a, k: original(module, *a, **k), (args, kwargs))

    def _has_room(self, trial: Trial) -> bool:
        """Whether what a call took fits beside what there is now."""
        return self.labels.live + trial.most + self.labels.context <= self.labels.total

    def _computed_for(self, few: int, size: int, kept: int, act: Callable[..., Any], given: Any) -> Any:
        """The results of the first samples, in turn for all of them."""
        labels = self.labels
        cut = mapped(
            given, lambda item: item[:few] if isinstance(item, Tensor) and item.dim() and len(item) == size else item
        )
        before = labels.live
        result = act(*cut)
        with labels.dry(), labels.telling(CPU):
            ballast = torch.empty(max(0, kept - (labels.live - before)), dtype=torch.uint8, device="meta")
            labels.put(ballast)
        order = torch.arange(size) % few

        def spread(item: Any) -> Any:
            if not isinstance(item, Tensor) or not item.dim() or len(item) != few:
                return item
            with labels.telling(labels.of(item)):
                full = item.index_select(0, order.to(item.device))
            return _Holding.apply(full, ballast) if full.requires_grad else full

        return mapped(result, spread)

    def _tried(self, original: Callable[..., Any], module: nn.Module, args: Any, kwargs: Any) -> Trial | None:
        """The same call without numbers. Raises OutOfMemoryError where it fills the GPU; None for any other error."""
        labels = self.labels
        before, peak = labels.live, labels.peak
        labels.peak = before
        try:
            with torch.random.fork_rng(devices=[]), labels.dry(), _numberless(labels, module):
                twins: dict[int, Tensor] = {}
                given = mapped((args, kwargs), lambda item: _twin(labels, item, twins))
                result = original(module, *given[0], **given[1])
                kept = labels.live - before
                del result
                return Trial(most=labels.peak - before, kept=kept)
        except torch.OutOfMemoryError:
            raise
        except Exception:  # it needs numbers, or is wrong: then it fails for real
            return None
        finally:
            labels.peak = max(peak, before)


class _Holding(torch.autograd.Function):
    """Lets the graph hold something until the backward pass has gone through it."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, ballast: Tensor) -> Tensor:
        """The tensor."""
        ctx.ballast = ballast
        return tensor.view_as(tensor)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        """The gradient."""
        ctx.ballast = None
        return gradient, None


@contextmanager
def _numberless(labels: Labels, module: nn.Module) -> Iterator[None]:
    """All tensors of a module are twins without numbers in the block; afterwards all is as it was."""
    twins: dict[int, Tensor] = {}
    before = [(part, part.__dict__) for part in module.modules()]

    def changed(value: Any) -> Any:
        return mapped(value, lambda item: _twin(labels, item, twins)) if type(value) in (dict, list, tuple) else _twin(
            labels, value, twins
        )  # fmt: skip

    try:
        for part, values in before:
            kept = ("_modules",)
            object.__setattr__(part, "__dict__", {n: v if n in kept else changed(v) for n, v in values.items()})
        yield
    finally:
        for part, values in before:
            object.__setattr__(part, "__dict__", values)


def _twin(labels: Labels, item: Any, twins: dict[int, Tensor]) -> Any:
    """The twin of a tensor on the GPU, which is there too and counts for nothing; anything else as it is."""
    if not isinstance(item, Tensor) or labels.of(item) != labels.device:
        return item
    if id(item) not in twins:
        with labels.telling(CPU), torch._C.DisableTorchFunction():
            twin = torch.empty_strided(tuple(item.shape), item.stride(), dtype=item.dtype, device="meta")
            if isinstance(item, nn.Parameter):
                twin = nn.Parameter(twin, requires_grad=item.requires_grad)
            elif item.requires_grad:
                twin.requires_grad_()
        labels.put(twin, is_counted=False)
        twins[id(item)] = twin
    return twins[id(item)]
