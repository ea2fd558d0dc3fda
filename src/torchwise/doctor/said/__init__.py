"""What PyTorch says, where there is nothing but a text: patterns of its messages since 1.10, CUDA's too."""

import re
from dataclasses import dataclass
from functools import cache

from torchwise.finding import Words


@dataclass(frozen=True, kw_only=True)
class Said:
    """One way in which an error is worded.

    pattern: searched in the whole text; `.` matches line ends too. It is compiled when it is first asked for.
    what, why, fix: notes with {fields} named as the groups of the pattern, such as
    note("the linear layer gets {given} features, it was built for {built}", given="{given}", built="{built}").
    A group that took no part reads as "?". sure: whether the text alone leaves no other cause.
    """

    code: str
    pattern: str
    what: Words
    why: Words = ""
    fix: Words = ""
    sure: bool = False

    def search(self, text: str) -> re.Match[str] | None:
        """Where a text is worded so."""
        return _compiled(self.pattern).search(text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.S)


def said(code: str, pattern: str, what: Words, *, why: Words = "", fix: Words = "", sure: bool = False) -> Said:
    """A Said, in the few words of the lists."""
    return Said(code=code, pattern=pattern, what=what, why=why, fix=fix, sure=sure)
