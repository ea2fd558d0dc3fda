"""The rules, family by family. A rule takes a case and yields the findings that it is about, the likeliest first."""

from collections.abc import Callable, Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.rules import (
    arguments, attention, attributes, axes, building, calls, classes, convolution, devices, dimensions, einsum,
    elementwise, expanding, gathering, groups, heads, hidden, indexing, joining, label_dtypes, layer_dtypes,
    linear, loss_batches, losses, modules, normalisation, nothing, one_value, optimizers, parameters, parts,
    pooling, products, recurrent, reshaping, schedulers, skip, strides, truth, tuples, unpacking, writing,
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
    *skip.RULES,
    *losses.RULES,
    *loss_batches.RULES,
    *groups.RULES,
    *elementwise.RULES,
    *joining.RULES,
    *products.RULES,
    *einsum.RULES,
    *reshaping.RULES,
    *strides.RULES,
    *expanding.RULES,
    *recurrent.RULES,
    *hidden.RULES,
    *attention.RULES,
    *heads.RULES,
    *axes.RULES,
    *indexing.RULES,
    *gathering.RULES,
    *unpacking.RULES,
    *truth.RULES,
    *writing.RULES,
    *modules.RULES,
    *attributes.RULES,
    *arguments.RULES,
    *calls.RULES,
    *classes.RULES,
    *building.RULES,
    *parts.RULES,
    *nothing.RULES,
    *tuples.RULES,
    *optimizers.RULES,
    *parameters.RULES,
    *schedulers.RULES,
    *devices.RULES,
)
