"""Which gradients are fresh, which a step has used already, and which were summed up with used ones."""

import weakref
from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from torchwise.rehearsal.watch.events import Key
from torchwise.rehearsal.watch.facts import norm_of
from torchwise.rehearsal.watch.record import Record

Mark = tuple[weakref.ref[Tensor], int]  # the gradient tensor (an id would be given again) and its version


class Gradients:
    """Follows the gradients of the parameters from backward to step."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.used: dict[Key, Mark] = {}
        self.summed: set[Key] = set()
        self.fresh: set[Key] = set()

    def keys(self, parameters: Iterable[Any]) -> tuple[Key, ...]:
        """The numbers of parameters."""
        return tuple(self.record.parameter_key(item) for item in parameters if isinstance(item, Tensor))

    def before_backward(self, parameters: Sequence[Tensor]) -> frozenset[Key]:
        """The parameters whose gradients a step has used, and that nobody has changed since."""
        stale = set()
        for key, parameter in zip(self.keys(parameters), parameters, strict=True):
            if _is_as_marked(parameter, self.used.get(key)) and norm_of(parameter.grad):
                stale.add(key)
            elif parameter.grad is None or not norm_of(parameter.grad):
                self.summed.discard(key)
        self.summed |= stale
        return frozenset(stale)

    def after_backward(self, parameters: Sequence[Tensor]) -> dict[Key, float]:
        """The norms of the gradients now."""
        keys = self.keys(parameters)
        self.fresh |= set(keys)
        return _norms(keys, parameters)

    def before_step(self, parameters: Sequence[Tensor]) -> tuple[dict[Key, float], frozenset[Key]]:
        """The norms of the gradients that a step uses, and which of them are sums with used ones."""
        keys = self.keys(parameters)
        norms = _norms(keys, parameters)
        return norms, frozenset(key for key in keys if key in self.summed and norms.get(key))

    def after_step(self, parameters: Sequence[Tensor]) -> None:
        """Mark the gradients as used."""
        for key, parameter in zip(self.keys(parameters), parameters, strict=True):
            self.summed.discard(key)
            self.fresh.discard(key)
            if parameter.grad is not None:
                self.used[key] = (weakref.ref(parameter.grad), parameter.grad._version)

    def clear(self, keys: Iterable[Key]) -> frozenset[Key]:
        """The gradients that are cleared now without having been used."""
        dropped = frozenset(keys) & self.fresh
        self.fresh -= dropped
        self.summed -= set(keys)
        return frozenset(dropped)


def _is_as_marked(parameter: Tensor, mark: Mark | None) -> bool:
    """Whether the gradient is the very one that was marked, unchanged."""
    gradient = parameter.grad
    return mark is not None and gradient is not None and mark[0]() is gradient and mark[1] == gradient._version


def _norms(keys: Sequence[Key], parameters: Sequence[Tensor]) -> dict[Key, float]:
    norms = ((key, norm_of(item.grad)) for key, item in zip(keys, parameters, strict=True))
    return {key: norm for key, norm in norms if norm is not None}
