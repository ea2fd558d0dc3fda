"""How values are shown in the findings, and how scripts name things."""

import re

from torchwise.finding import Seen
from torchwise.rehearsal.watch.events import Op
from torchwise.texts import note

EPOCHS = re.compile(r"epoch|\bep\b", re.I)


def seen(name: str, op: Op | None) -> tuple[Seen, ...]:
    """A tensor as a finding shows it."""
    if op is None or op.fact is None:
        return ()
    text = "" if op.stats is None else note(
        "values {low} to {high}", low=number(op.stats.low), high=number(op.stats.high)
    )  # fmt: skip
    dtype = str(op.fact.dtype).removeprefix("torch.")
    return (Seen(name=name, shape=op.fact.shape, dtype=dtype, device=op.fact.device, text=text),)


def number(value: float) -> str:
    """A number with three digits: 0.123, 1.2e+05."""
    return f"{value:.3g}"
