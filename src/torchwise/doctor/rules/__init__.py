"""The rules, family by family. A rule takes a case and yields the findings that it is about, the likeliest first."""

from collections.abc import Callable, Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.rules import (
    convolution, dimensions, elementwise, joining, label_dtypes, layer_dtypes, linear, normalisation, one_value,
    pooling, products,
)
from torchwise.finding import Finding

Rule = Callable[[Case], Iterator[Finding]]

# In this order: a rule that sees more of a failure stands before one that sees less.
RULES: tuple[Rule, ...] = (
    *layer_dtypes.RULES,
    *label_dtypes.RULES,
    *linear.RULES,
    *dimensions.RULES,
    *convolution.RULES,
    *normalisation.RULES,
    *one_value.RULES,
    *pooling.RULES,
    *elementwise.RULES,
    *joining.RULES,
    *products.RULES,
)
