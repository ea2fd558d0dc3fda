"""The device to rehearse on, by its word: cpu, cuda, cuda:8GiB."""

import re

from torchwise.errors import Problem
from torchwise.texts import tr

USUAL = 8 * 2**30  # bytes of a card whose size is not given
WORD = re.compile(r"cuda(?::(?P<size>\d+(?:\.\d+)?) ?(?:GiB|GB|G))?", re.IGNORECASE)


def memory_of(device: str) -> int | None:
    """The bytes of a pretended GPU; None for the CPU. Raises Problem for another word."""
    if device == "cpu":
        return None
    found = WORD.fullmatch(device)
    if found is None:
        raise Problem(tr("check knows no device {device}", device=device), fix="--device cpu / cuda / cuda:8GiB")
    return int(float(found["size"]) * 2**30) if found["size"] else USUAL
