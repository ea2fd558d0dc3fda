"""A finding as text: what, where with the values, why, fix; as it goes into a traceback, a notebook and a log."""

import os
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from torchwise.finding import Finding, Place, Seen
from torchwise.texts import tr

MARGIN = "   │ "
NARROWEST, WIDEST = 40, 110
FIX_COLUMN = 44  # where the place of a mend stands, if the code before it is shorter
STYLES = {"code": "1;31", "why": "1", "fix": "1;32", "more": "2", "place": "36"}


class Renderer:
    """Draws findings for one reader: a width, and colours or none."""

    def __init__(self, *, colored: bool, width: int) -> None:
        self.colored, self.width = colored, max(NARROWEST, min(width, WIDEST))

    def render(self, findings: Sequence[Finding]) -> str:
        """The likeliest finding in full, the others as alternatives, and where to read more."""
        if not findings:
            return ""
        first, *others = findings
        what = str(first.what) if first.sure else tr("perhaps: {text}", text=first.what)
        lines = [self.styled("code", first.code) + "  " + "\n       ".join(wrapped(what, self.width - 7))]
        lines += self.place(first)
        if str(first.why):
            lines += self.labelled("why", tr("why"), str(first.why).splitlines())
        lines += self.fix("fix", tr("fix"), first, "")
        for other in others:
            before = "" if other.code == first.code else tr("{code} {what}: ", code=other.code, what=other.what)
            lines += self.fix("fix", "", other, tr("or, perhaps: {fix}", fix=before))
        lines += self.labelled("more", tr("more"), [f"torchwise explain {first.code}"])
        return "\n".join(lines)

    def place(self, finding: Finding) -> list[str]:
        """The line that raised and what was there."""
        where = finding.where
        if not where.file:
            return [f"{MARGIN}{describe(seen)}" for seen in finding.seen]
        label = short(where)
        lines = [f"{MARGIN}{self.styled('place', label)}   {where.source}".rstrip()]
        indent = " " * min(columns(label) + 3, 16)
        width = max((columns(seen.name) for seen in finding.seen), default=0)
        for seen in finding.seen:
            lines.append(f"{MARGIN}{indent}{padded(seen.name, width)}   {describe(seen)}")
        return lines

    def fix(self, style: str, label: str, finding: Finding, before: str) -> list[str]:
        """The deed, and where to do it."""
        place = f"{Path(finding.mend.file).name}:{finding.mend.line}" if finding.mend is not None else ""
        first, *rest = (before + str(finding.fix)).splitlines() or [""]
        if not (first.strip() or place):
            return []
        if columns(first) + len(place) + 11 > self.width:  # a long deed is wrapped, its place behind it
            first, *more = wrapped(f"{first}   {place}".rstrip(), self.width - 8)
            return self.labelled(style, label, [first, *more, *rest])
        return self.labelled(style, label, [f"{padded(first, FIX_COLUMN)}   {place}".rstrip(), *rest], wrap=False)

    def labelled(self, style: str, label: str, lines: Sequence[str], *, wrap: bool = True) -> list[str]:
        """A label in its column, the text beside it."""
        room = self.width - 8
        shown = [piece for line in lines for piece in (wrapped(line, room) if wrap else [line])]
        head = f"   {self.styled(style, label)}{' ' * max(1, 5 - columns(label))}"
        return [head + shown[0], *(" " * 8 + line for line in shown[1:])]

    def styled(self, style: str, text: str) -> str:
        """The text in its colour, on a terminal."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.colored and text else text


def render(findings: Sequence[Finding], *, colored: bool = False, width: int | None = None) -> str:
    """The findings as text; the width is that of the terminal where it is not given."""
    return Renderer(colored=colored, width=width or shutil.get_terminal_size((100, 24)).columns).render(findings)


def describe(seen: Seen) -> str:
    """(64, 1568) float32 cpu."""
    if seen.shape is None:
        return str(seen.text)
    text = f"{seen.shape} {seen.dtype or ''} {seen.device or ''}".rstrip()
    return tr("{tensor}, {more}", tensor=text, more=seen.text) if seen.text else text


def short(where: Place) -> str:
    """train.py:31, with the folders where the file does not lie in the current one."""
    try:
        inside = os.path.relpath(where.file)
    except ValueError:  # another drive
        inside = where.file
    return f"{where.file if inside.startswith('..') else inside}:{where.line}"


def columns(text: str) -> int:
    """The columns a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def padded(text: str, width: int) -> str:
    """The text with spaces behind it."""
    return text + " " * (width - columns(text))


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns: broken at spaces, and between Chinese characters."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line.strip() and columns(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()]


def _pieces(text: str) -> Iterator[str]:
    """Words with the spaces behind them; Chinese characters one by one, each with the punctuation behind it."""
    piece = ""
    for index, char in enumerate(text):
        piece += char
        after = text[index + 1] if index + 1 < len(text) else ""
        is_wide, is_closing = unicodedata.east_asian_width(char) in "WF", after in "，。；：、）」”！？"
        next_is_wide = bool(after) and unicodedata.east_asian_width(after) in "WF"
        if (char == " " and after != " ") or ((is_wide or next_is_wide) and char != " " and not is_closing):
            yield piece
            piece = ""
    if piece:
        yield piece
