"""All rules, and their findings in order: sure ones first, few guesses, each mistake once."""

import math
import time
from collections.abc import Callable, Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.checks import (
    averages,
    data,
    frozen,
    gradients,
    hoarding,
    keeping,
    leaks,
    looping,
    losses,
    masks,
    mixing,
    network,
    ordering,
    pace,
    phases,
    randomness,
    rates,
    scaling,
    stepping,
)
from torchwise.rehearsal.rehearsed import Rehearsed

Rule = Callable[[Rehearsed], Iterator[Finding]]
MOST_GUESSES = 3

RULES: tuple[Rule, ...] = (
    *randomness.BEFORE_READING, *losses.RULES, *mixing.RULES, *network.RULES, *masks.RULES, *stepping.RULES, *gradients.RULES, *hoarding.RULES, *frozen.RULES, *phases.RULES, *pace.RULES, *data.RULES,
    *leaks.RULES, *scaling.RULES, *ordering.RULES, *keeping.RULES, *averages.RULES, *looping.RULES, *rates.RULES, *randomness.RULES,
)  # fmt: skip


# What follows from another mistake is not said beside it.
FOLLOWS = {
    "TW743": {"TW732", "TW733", "TW714", "TW718", "TW727", "TW728", "TW726"},
    "TW732": {"TW733", "TW728", "TW726"},
    "TW716": {"TW717", "TW718"},
    "TW728": {"TW726"},
    "TW721": {"TW720", "TW724"},
}


def check_all(rehearsed: Rehearsed, *, strict: bool = False, limit_s: float = math.inf) -> list[Finding]:
    """The findings of a rehearsal, the sure ones first, at most three guesses.

    strict: let a fault in a rule raise (in the tests); else that rule is left out. limit_s: seconds of computing after
    which no further rule is begun.
    """
    found: dict[tuple[str, str, int], Finding] = {}
    end_s = time.process_time() + limit_s
    for rule in RULES:
        if time.process_time() > end_s:
            break
        for finding in _safely(rule, rehearsed, strict):
            place = finding.mend or finding.where
            key = (finding.code, place.file, place.line)
            if key not in found or (finding.sure and not found[key].sure):
                found[key] = finding
    codes = {finding.code for finding in found.values() if finding.sure}
    found = {key: finding for key, finding in found.items() if not FOLLOWS.get(finding.code, set()) & codes}
    sure = [finding for finding in found.values() if finding.sure]
    guesses = [finding for finding in found.values() if not finding.sure]
    return sure + guesses[:MOST_GUESSES]


def _safely(rule: Rule, rehearsed: Rehearsed, strict: bool) -> list[Finding]:
    """The findings of one rule; none where the rule itself fails."""
    try:
        return list(rule(rehearsed))
    except Exception:
        if strict:
            raise
        return []
