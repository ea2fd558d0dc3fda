"""Numbers and names as the sentences and plots of a report show them."""

import math
from datetime import UTC, datetime, timedelta

from rich.cells import cell_len, set_cell_size

from torchwise.runs.report.content import MISSING, Group
from torchwise.texts import tr


def number(value: float) -> str:
    """A number with three digits, or whole where it is large; "-" where it is not defined."""
    if not math.isfinite(value):
        return "-"
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    shown = f"{value:.3g}"
    return "0" if shown == "-0" else shown


def percent(share: float) -> str:
    """A fraction in percent: whole, but neither all nor nothing unless it is."""
    if not math.isfinite(share):
        return "-"
    shown, close = f"{100 * share:.0f}", f"{100 * share:.1f}"
    if (shown == "100" and 0.999 <= share < 1) or (shown in ("0", "-0") and 0 < abs(share) < 0.0005):
        return tr("over 99.9 %") if share > 0.5 else tr("under 0.1 %")
    is_near = (shown == "100" and share < 1) or (shown in ("0", "-0") and share != 0)
    return tr("{number} %", number=close if is_near else shown)


def count(value: int) -> str:
    """A count with thousands set apart."""
    return f"{value:,}"


def day(days: float) -> str:
    """The date so many days after 2000-01-01; the number where there is no such date."""
    try:
        return f"{datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=days):%Y-%m-%d}"
    except (OverflowError, ValueError):
        return number(days)


def category(name: str) -> str:
    """A category as people read it."""
    return tr("(missing)") if name == MISSING else name


def shortened(text: str, width: int) -> str:
    """The text in at most so many terminal cells; a Chinese character takes two."""
    text = " ".join(text.split())
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def range_of(group: Group, groups: tuple[Group, ...], kind: str) -> str:
    """Which rows a group of a number holds: "at most 3", "from 3 to 5", "at least 5"."""
    known = [other for other in groups if not other.name]
    show = day if kind == "date" else number
    if group.low == group.high or show(group.low) == show(group.high):
        return tr("equal to {high}", high=show(group.high))
    if group == known[0]:
        return tr("at most {high}", high=show(group.high))
    if group == known[-1]:
        return tr("at least {low}", low=show(group.low))
    return tr("from {low} to {high}", low=show(group.low), high=show(group.high))
