"""Findings that ask for another dtype: the cast where it is best written, and the one on the failing line."""

from collections.abc import Iterator
from typing import Any

from torchwise.doctor.births.tracer import since, tracer
from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding, Seen, Words


def cast_findings(
    case: Case, code: str, what: Words, why: Words, spot: Spot, dtypes: tuple[str, str], value: Any = None,
    *, seen: tuple[Seen, ...] | None = None, at_line: bool = False,
) -> Iterator[Finding]:  # fmt: skip
    """Cast an expression from the first dtype to the second; at_line: on the failing line rather than at its birth."""
    wrong, to = dtypes
    trace = tracer(case)
    here = trace.cast_here(spot, to)
    change = here if at_line else trace.cast(spot, wrong, to, value)
    told = since(change, wrong) if change.mend.line != case.where.line else ""
    yield case.finding(code, what, why=sentences(why, told), fix=change.text, mend=change.mend, seen=seen)
    if here.mend.line != change.mend.line:
        yield case.finding(code, what, fix=here.text, mend=here.mend, sure=False, seen=seen)
