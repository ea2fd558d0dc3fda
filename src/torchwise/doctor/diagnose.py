"""From an error to its findings. Whatever fails in here is never the user's trouble: their error stays as it was."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from torchwise.doctor.case import Case
from torchwise.doctor.compiled import eager_failure
from torchwise.doctor.frames import outer_frames
from torchwise.doctor.rules.all import RULES, Rule
from torchwise.doctor.rules.unknown import unknown
from torchwise.doctor.source import read_source
from torchwise.finding import KEPT, Finding

MOST = 3  # findings shown: the likeliest and two alternatives


def diagnose(error: BaseException, *, strict: bool = False) -> list[Finding]:
    """The findings of an error, the likeliest first; TW000 alone where no rule knows it.

    strict: let a fault in a rule raise (in the tests); else that rule is left out.
    """
    kept = getattr(error, KEPT, None)
    if kept is not None:
        return list(kept)
    if isinstance(error, SyntaxError):  # Python says it best
        return []
    read_source.cache_clear()
    found: list[Finding] = []
    with _without_collecting():
        for case in _cases(error):
            found = _ranked([finding for rule in RULES for finding in _safely(rule, case, strict)])
            if found:
                break
        else:
            found = _safely(unknown, next(_cases(error)), strict)
    return found[:MOST]


@contextmanager
def _without_collecting() -> Iterator[None]:
    """No garbage collection meanwhile: with torch loaded a full one takes longer than the diagnosis."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _cases(error: BaseException) -> Iterator[Case]:
    """The error, then those it was raised from: the outermost that a rule knows is explained."""
    seen: list[BaseException] = []
    here: BaseException | None = error
    while here is not None and here not in seen and len(seen) < 5:
        seen.append(here)
        eager = eager_failure(here)
        if eager is not None:
            yield Case(*eager)
        else:
            yield Case(here, outer_frames(here.__traceback__))
        here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)


def _safely(rule: Rule, case: Case, strict: bool) -> list[Finding]:
    """The findings of one rule; none where the rule itself fails."""
    try:
        return list(rule(case))
    except Exception:
        if strict:
            raise
        return []


def _ranked(findings: list[Finding]) -> list[Finding]:
    """Sure ones first, and each deed once."""
    seen: set[object] = set()
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda item: not item.sure):
        if kept and not str(finding.fix) and finding.mend is None:  # beside another one it says nothing to do
            continue
        deed = (finding.code, str(finding.fix), finding.mend)
        if deed not in seen:
            seen.add(deed)
            kept.append(finding)
    return kept
