"""The device to rehearse on, by its word: cpu, cuda, cuda:8GiB, cuda:0:16GiB, or the name of a card."""

import re
from dataclasses import dataclass

from torchwise.errors import Problem
from torchwise.rehearsal.memory.cards import card_of, close_card
from torchwise.texts import tr

USUAL = 8 * 2**30  # bytes of a card whose size is not given
WORD = re.compile(r"cuda(?::0)?(?::(?P<size>\d+(?:\.\d+)?) ?(?:GiB|GB|G))?", re.IGNORECASE)


@dataclass(frozen=True)
class Card:
    """A GPU to be pretended."""

    name: str
    total: int


def device_of(word: str) -> Card | None:
    """The card that a word means; None for the CPU. Raises Problem for another word."""
    if word == "cpu":
        return None
    if found := WORD.fullmatch(word):
        return Card("pretended GPU", int(float(found["size"]) * 2**30) if found["size"] else USUAL)
    if known := card_of(word):
        return Card(*known)
    near = close_card(word)
    raise Problem(
        tr("check knows no device {device}", device=word),
        why=tr("only one card is pretended") if re.match(r"cuda:\d", word) else "",
        fix=tr("did you mean {name}?", name=f'"{near}"') if near else '--device cpu / cuda / cuda:8GiB / "RTX 4060"',
    )
