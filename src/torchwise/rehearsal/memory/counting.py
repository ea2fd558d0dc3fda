"""Live bytes, storage by storage, each with what it is for, and what there was at the moment of the peak."""

import weakref
from collections import Counter
from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from torchwise.rehearsal.pretend.labels import rounded, storage_of
from torchwise.rehearsal.pretend.operating import tensors_in


class Counting(TorchDispatchMode):
    """Counts every storage that is made while it is on, and those it is told of.

    kind: what new storages are for. outer: the modules under way, the innermost last. is_on: whether new ones count. peaks: the most bytes of each phase; parts: the
    bytes by kind at the highest of them; modules: the bytes of kept activations by module, at the end of forward.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self.kind, self.phase, self.is_on = "temporary", "", True
        self.outer = [""]
        self.peaks: Counter[str] = Counter()
        self.parts: dict[str, int] = {}
        self.peak_phase = ""
        self._known: dict[int, tuple[str, str, int, Any]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One operation; what it makes is counted."""
        made = func(*args, **(kwargs or {}))
        if self.is_on:
            for tensor in tensors_in([made]):
                self.count(tensor, self.kind)
        return made

    def count_all(self, tensors: Iterable[Tensor], kind: str) -> None:
        """Storages that were there before."""
        for tensor in tensors:
            self.count(tensor, kind)

    def count(self, tensor: Tensor, kind: str) -> None:
        """A storage, once."""
        storage = storage_of(tensor)
        if storage is None or storage._cdata in self._known:
            return
        key, size = storage._cdata, rounded(storage.nbytes())

        def gone(_: Any) -> None:
            if self._known.pop(key, None) is not None:
                self.live -= size

        self._known[key] = kind, self.outer[-1], size, weakref.ref(storage, gone)
        self.live += size
        self.peaks[self.phase] = max(self.peaks[self.phase], self.live)
        if self.live > self.peak:
            self.peak, self.parts, self.peak_phase = self.live, self.by_kind(), self.phase

    def turn_into(self, tensor: Tensor, kind: str) -> None:
        """What a storage has become: a gradient that is kept."""
        storage = storage_of(tensor)
        if storage is not None and storage._cdata in self._known:
            _, module, size, reference = self._known[storage._cdata]
            self._known[storage._cdata] = kind, module, size, reference

    def by_kind(self) -> dict[str, int]:
        """The live bytes by what they are for."""
        return self._sums(0)

    def by_module(self) -> dict[str, int]:
        """The live bytes of activations by the module that made them."""
        found: Counter[str] = Counter()
        for kind, module, size, _ in self._known.values():
            if kind == "activations":
                found[module] += size
        return dict(found)

    def _sums(self, position: int) -> dict[str, int]:
        found: Counter[str] = Counter()
        for entry in self._known.values():
            found[str(entry[position])] += int(entry[2])
        return dict(found)
