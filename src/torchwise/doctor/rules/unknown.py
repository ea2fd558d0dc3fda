"""The rule for what no other knows: the line, its operands, and the likeliest place where they went wrong."""

from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.finding import Finding
from torchwise.texts import note


def unknown(case: Case) -> Iterator[Finding]:
    """TW000: the error in its own words, with the expression and its operands."""
    lines = [line for line in case.text.strip().splitlines() if line.strip()]
    said = f"{type(case.error).__name__}: {lines[0]}" if lines else type(case.error).__name__
    yield case.finding("TW000", note("{error}", error=said), sure=False)
