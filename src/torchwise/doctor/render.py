"""A finding as text: what, where with the values, why, fix; plain, as it goes into a traceback, a notebook and a log."""

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from torchwise.finding import Finding, Place, Seen
from torchwise.texts import tr

MARGIN = "   │ "


def render(findings: Sequence[Finding]) -> str:
    """The likeliest finding in full, the others as alternatives, and where to read more."""
    if not findings:
        return ""
    first, *others = findings
    lines = [first.code + "  " + _what(first), *_place(first)]
    if str(first.why):
        lines += _labelled(tr("why"), str(first.why))
    lines += _fixes(first, others)
    lines += _labelled(tr("more"), f"torchwise explain {first.code}")
    return "\n".join(lines)


def _what(finding: Finding) -> str:
    return str(finding.what) if finding.sure else tr("perhaps: {text}", text=str(finding.what))


def _place(finding: Finding) -> list[str]:
    """The line that raised and what was there."""
    where = finding.where
    if not where.file:
        return []
    label = _short(where)
    indent = " " * (_width(label) + 3)
    lines = [f"{MARGIN}{label}   {where.source}"]
    width = max((_width(seen.name) for seen in finding.seen), default=0)
    for seen in finding.seen:
        lines.append(f"{MARGIN}{indent}{seen.name}{' ' * (width - _width(seen.name))}   {describe(seen)}")
    return lines


def describe(seen: Seen) -> str:
    """(64, 1568) float32 cpu."""
    parts = [] if seen.shape is None else [str(seen.shape), seen.dtype or "", seen.device or ""]
    return " ".join([*parts, *([f"· {seen.text}"] if parts and seen.text else [seen.text] if seen.text else [])])


def _fixes(first: Finding, others: Sequence[Finding]) -> list[str]:
    """The deed, where to do it, and the other deeds that may be meant."""
    lines = _fix(tr("fix"), first, "")
    for other in others:
        is_same = other.code == first.code
        said = "" if is_same else f"{other.code} {other.what}: "
        lines += _fix("", other, tr("or, perhaps:") + " " + said)
    return lines


def _fix(label: str, finding: Finding, before: str) -> list[str]:
    text = before + str(finding.fix)
    if not str(finding.fix) and not finding.mend:
        return []
    place = ""
    if finding.mend is not None:
        place = f"{Path(finding.mend.file).name}:{finding.mend.line}"
    first, *rest = text.splitlines() or [""]
    gap = " " * max(3, 40 - _width(first))
    return _labelled(label, "\n".join([f"{first}{gap}{place}".rstrip(), *rest]))


def _labelled(label: str, text: str) -> list[str]:
    """A label in its column, the text beside it."""
    pad = " " * max(1, 5 - _width(label))
    first, *rest = text.splitlines() or [""]
    return [f"   {label}{pad}{first}", *(f"        {line}" for line in rest)]


def _short(where: Place) -> str:
    """train.py:31, or a path where the file lies below the current folder."""
    try:
        inside = os.path.relpath(where.file)
    except ValueError:  # another drive
        inside = where.file
    return f"{where.file if inside.startswith('..') else inside}:{where.line}"


def _width(text: str) -> int:
    """The columns a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
