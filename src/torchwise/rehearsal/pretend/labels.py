"""Which device each tensor is said to be on, and how many bytes that device holds: one label a storage."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

CPU = torch.device("cpu")
BLOCK = 512  # bytes; CUDA's caching allocator rounds every request up to a multiple (kMinBlockSize)
ADVICE = (
    "If reserved but unallocated memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid "
    "fragmentation.  See documentation for Memory Management  "
    "(https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)"
)


def rounded(num_bytes: int) -> int:
    """The bytes as CUDA's allocator gives them."""
    return -(-num_bytes // BLOCK) * BLOCK


def storage_of(tensor: Tensor) -> Any:
    """What holds a tensor's numbers (of a sparse one, those of its values); None where there is nothing of the kind."""
    with torch._C.DisableTorchFunction():
        try:
            return tensor.untyped_storage()
        except RuntimeError:  # a sparse tensor has none of its own
            values = tensor._values if tensor.layout == torch.sparse_coo else tensor.values
        try:
            return values().untyped_storage()
        except RuntimeError:  # a tensor that only stands for one
            return None


class Labels:
    """The pretended device of every storage that is on one; what has no label is where it really is.

    total: the bytes of the device. context: those that the driver takes of them.
    """

    def __init__(self, device: torch.device, total: int, context: int) -> None:
        self.device, self.total, self.context = device, total, context
        self.live = self.peak = 0
        self.told: torch.device | None = None  # where a tensor that is made now is to be
        self.recent = CPU  # where the last operation was
        self.ground = "cpu"  # where tensors of the pretended device really are
        self._kept: dict[int, weakref.ref[Any]] = {}

    def of(self, tensor: Tensor) -> torch.device:
        """Where a tensor is said to be."""
        storage = storage_of(tensor)
        return self.device if storage is not None and storage._cdata in self._kept else real_device(tensor)

    def holds(self, storage: Any) -> bool:
        """Whether a storage is on the pretended device."""
        return storage._cdata in self._kept

    def put(self, tensor: Tensor, *, is_counted: bool = True) -> None:
        """The tensor is on the pretended device from now on."""
        storage = storage_of(tensor)
        if storage is not None and real_device(tensor).type in ("cpu", self.ground):
            self.put_storage(storage, is_counted=is_counted)

    def put_storage(self, storage: Any, *, is_counted: bool = True) -> None:
        """What holds a tensor's numbers is on the pretended device from now on."""
        key = storage._cdata
        if key in self._kept:
            return
        size = rounded(storage.nbytes()) if is_counted else 0
        if self.live + size + self.context > self.total:
            raise torch.OutOfMemoryError(self._says(size))

        def gone(_: Any) -> None:
            if self._kept.pop(key, None) is not None:
                self.live -= size

        self._kept[key] = weakref.ref(storage, gone)
        self.live += size
        self.peak = max(self.peak, self.live)

    def _says(self, size: int) -> str:
        """CUDA's own words for too large a request."""
        free, used = max(0, self.total - self.context - self.live), self.live + self.context
        return (
            f"CUDA out of memory. Tried to allocate {_size(size)}. GPU {self.device.index} has a total capacity of "
            f"{_size(self.total)} of which {_size(free)} is free. Including non-PyTorch memory, this process has "
            f"{_size(used)} memory in use. Of the allocated memory {_size(self.live)} is allocated by PyTorch, and "
            f"0 bytes is reserved by PyTorch but unallocated. {ADVICE}"
        )

    @contextmanager
    def telling(self, device: torch.device | None) -> Iterator[None]:
        """What is made meanwhile out of nothing is on this device."""
        before, self.told = self.told, device
        try:
            yield
        finally:
            self.told = before

    @contextmanager
    def dry(self) -> Iterator[None]:
        """What is made meanwhile has no numbers."""
        self.ground = "meta"
        try:
            yield
        finally:
            self.ground = "cpu"

    def wanted(self, device: Any) -> torch.device | None:
        """A device as a program names it ("cuda", 0, torch.device("cpu")); None if it is no device.

        Raises RuntimeError, as CUDA does, for a card that there isn't.
        """
        if isinstance(device, bool) or not isinstance(device, str | int | torch.device):
            return None
        if isinstance(device, int):
            device = torch.device(self.device.type, device)
        try:
            found = torch.device(device)
        except RuntimeError:
            return None
        if found.type != self.device.type:
            return found
        if found.index not in (None, self.device.index):
            raise RuntimeError("CUDA error: invalid device ordinal")
        return self.device


def real_device(tensor: Tensor) -> torch.device:
    """Where the numbers really are."""
    with torch._C.DisableTorchFunction():
        return tensor.device


def _size(num_bytes: int) -> str:
    """As c10::CachingAllocator::format_size writes it."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if num_bytes >= factor or (unit == "KiB" and num_bytes > 1024):
            return f"{num_bytes / factor:.2f} {unit}"
    return f"{num_bytes} bytes"
