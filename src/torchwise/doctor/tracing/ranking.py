"""Candidates for a mend, which of them are shown, and the findings they become."""

from collections.abc import Iterable, Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding, Seen, Words

Candidate = tuple[float, Change, Words]  # cost (the higher, the less likely), change, what more to say of it
MOST = 3
MARGIN = 0.75  # a candidate that costs more than this above the first is no alternative to it


def likely(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The likeliest candidate, and those that are nearly as likely."""
    real = [c for c in candidates if c[1].mend.old is None or c[1].mend.old != c[1].mend.new]
    ranked: list[Candidate] = []
    seen: set[tuple[str, int, str]] = set()
    for candidate in sorted(real, key=lambda candidate: candidate[0]):
        if (key := mended_line(candidate[1])) not in seen:
            seen.add(key)
            ranked.append(candidate)
    return [candidate for candidate in ranked if candidate[0] <= ranked[0][0] + MARGIN][:MOST]


def mended_line(change: Change) -> tuple[str, int, str]:
    """The line as it reads afterwards: two ways to the same line are one."""
    mend, line = change.mend, change.spot.source.line(change.mend.line)
    text = line.replace(mend.old or "", mend.new or "", 1) if mend.old and "\n" not in mend.old else str(mend.new)
    return mend.file, mend.line, "".join(text.split())


def ranked_findings(
    case: Case, code: str, what: Words, *, why: Words, candidates: Iterable[Candidate], seen: tuple[Seen, ...]
) -> Iterator[Finding]:
    """The likeliest candidate as what is to be done, others as alternatives; the bare facts where there is none."""
    found = likely(candidates)
    if not found:
        yield case.finding(code, what, why=why, seen=seen)
    for index, (_, change, more) in enumerate(found):
        reason = sentences(why, more) if index == 0 else ""
        fix, is_sure = on_one_line(change.text), index == 0
        yield case.finding(code, what, why=reason, fix=fix, mend=change.mend, sure=is_sure, seen=seen)


def on_one_line(words: Words) -> Words:
    """Code over several lines as one."""
    return " ".join(words.split()) if isinstance(words, str) and "\n" in words else words
