"""What an out-of-memory error says: how much was asked for, how much there is, how much is in use."""

import re
from dataclasses import dataclass

import torch

UNITS = {
    "B": 1,
    "bytes": 1,
    "KB": 2**10,
    "KiB": 2**10,
    "MB": 2**20,
    "MiB": 2**20,
    "GB": 2**30,
    "GiB": 2**30,
    "TiB": 2**40,
    "TB": 2**40,
}
SIZE = r"([\d.]+) ?(bytes|[KMGT]i?B|B)"
SAYS = re.compile(
    r"out of memory|can't allocate memory|not enough memory|Unable to allocate|Buy new RAM|_ALLOC_FAILED"
    r"|Storage size calculation overflowed|Cannot allocate memory", re.I,
)  # fmt: skip
ASKED = (
    re.compile(rf"[Tt]ried to allocate {SIZE}"),
    re.compile(rf"Unable to allocate {SIZE}"),
    re.compile(rf"tried to allocate {SIZE}", re.I),
)
TOTAL = re.compile(rf"total capacity of {SIZE}|{SIZE} total capacity|max allowed: {SIZE}", re.I)
FREE = re.compile(rf"of which {SIZE} is free|; {SIZE} free", re.I)
OWN = re.compile(rf"{SIZE} is allocated by PyTorch|{SIZE} already allocated|MPS allocated: {SIZE}", re.I)
OTHERS = re.compile(rf"Process \d+ has {SIZE} memory in use", re.I)
INCLUDING = re.compile(rf"[Ii]ncluding non-PyTorch memory, this process has {SIZE} memory in use")
RESERVED = re.compile(rf"{SIZE} (?:is )?reserved (?:by PyTorch but unallocated|in total by PyTorch)", re.I)


@dataclass(frozen=True)
class Asked:
    """In bytes: the request, the device's whole memory, what was free, what PyTorch held, what others held.

    None where the text doesn't say. device: "cuda", "mps", "cpu".
    """

    request: int | None
    total: int | None
    free: int | None
    own: int | None
    others: int
    device: str


def is_memory_error(error: BaseException) -> bool:
    """Whether an error says that there is not enough memory."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(SAYS.search(str(error)))


def asked(text: str) -> Asked:
    """What the text of an error says."""
    request = next((found for pattern in ASKED if (found := _size(pattern, text)) is not None), None)
    others = sum(_bytes(match.groups()) or 0 for match in OTHERS.finditer(text))
    device = "cpu"
    for name in ("CUDA", "MPS", "XPU", "HIP"):
        if name in text or (name == "CUDA" and "GPU" in text):
            device = name.lower()
            break
    return Asked(request, _size(TOTAL, text), _size(FREE, text), _size(OWN, text), others, device)


def _size(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.search(text)
    return _bytes(match.groups()) if match else None


def _bytes(groups: tuple[str | None, ...]) -> int | None:
    found = [item for item in groups if item is not None]
    return int(float(found[0]) * UNITS[_unit(found[1])]) if len(found) >= 2 else None


def _unit(text: str) -> str:
    return next((unit for unit in UNITS if unit.lower() == text.lower()), "B")


def size_text(count: float) -> str:
    """A number of bytes as people read it: 384 MiB, 26.1 GiB."""
    for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            value = count / factor
            return f"{value:.0f} {unit}" if value >= 100 or value == int(value) else f"{value:.1f} {unit}"
    return f"{int(count)} B"
