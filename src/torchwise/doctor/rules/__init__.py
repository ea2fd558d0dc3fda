"""The rules, family by family. A rule takes a case and yields the findings that it is about, the likeliest first."""

from collections.abc import Callable, Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.rules import elementwise, linear
from torchwise.finding import Finding

Rule = Callable[[Case], Iterator[Finding]]

# In this order: a rule that sees more of a failure stands before one that sees less.
RULES: tuple[Rule, ...] = (*linear.RULES, *elementwise.RULES)
