"""What PyTorch says, where there is nothing but a text: patterns of its messages since 1.10, CUDA's too."""

import re
from dataclasses import dataclass, field

from torchwise.finding import Words


@dataclass(frozen=True, kw_only=True)
class Said:
    """One way in which an error is worded.

    what, why, fix: notes with {fields} named as the groups of the pattern, such as
    note("the linear layer gets {given} features, it was built for {built}", given="{given}", built="{built}").
    A group that took no part reads as "?". sure: whether the text alone leaves no other cause.
    """

    code: str
    pattern: re.Pattern[str]
    what: Words
    why: Words = ""
    fix: Words = ""
    sure: bool = field(default=False)


def said(code: str, pattern: str, what: Words, *, why: Words = "", fix: Words = "", sure: bool = False) -> Said:
    """A Said; its pattern is searched in the whole text, and `.` matches line ends too."""
    return Said(code=code, pattern=re.compile(pattern, re.S), what=what, why=why, fix=fix, sure=sure)
