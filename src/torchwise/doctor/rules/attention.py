"""Attention: sizes of queries, keys, values and masks; heads that don't divide."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import nn

from torchwise.doctor.case import Case
from torchwise.finding import Finding
from torchwise.texts import note


def nearest_divisor(features: int, heads: int) -> int:
    """The number of heads nearest to the wanted one that divides the features; of two the larger."""
    divisors = [n for n in range(1, features + 1) if features % n == 0]
    return min(divisors, key=lambda n: (abs(n - heads), -n))


RULES: tuple[Any, ...] = ()
