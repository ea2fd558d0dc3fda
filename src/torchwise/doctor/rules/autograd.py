"""The rules of gradients: graphs used up or changed in place, losses without a graph, gradients that are missing."""

from torchwise.doctor.rules import (
    backward_twice,
    deep_copies,
    functions,
    gradient_none,
    in_place,
    leaf_in_place,
    many_values,
    missing_gradient,
    no_gradient,
    to_numpy,
)

RULES = (
    *functions.RULES,
    *backward_twice.RULES,
    *in_place.RULES,
    *leaf_in_place.RULES,
    *no_gradient.RULES,
    *many_values.RULES,
    *to_numpy.RULES,
    *missing_gradient.RULES,
    *gradient_none.RULES,
    *deep_copies.RULES,
)
