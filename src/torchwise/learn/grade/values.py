"""Diagnoses of numbers in the right shape: sum for mean, the sign, another order, a constant apart."""

import math
from collections.abc import Iterator
from itertools import combinations

import torch
from torch import Tensor

from torchwise.finding import Words
from torchwise.learn.grade.comparison import Comparison
from torchwise.learn.verdict import Verdict
from torchwise.texts import Text, note


def values(case: Comparison) -> Verdict | None:
    """Other numbers than expected, and what they look like."""
    if case.expected.device.type == "meta" or case.is_close(case.actual, case.expected):
        return None
    actual, expected = case.actual.detach().cpu().double(), case.expected.detach().cpu().double()
    what = _difference(case, actual, expected)
    if bool(actual.isnan().any()) and not bool(expected.isnan().any()):
        return case.verdict("values.nan", what, note("0/0, log of a negative number and inf - inf give nan, which then spreads"),
                            note("print the numbers before each division, log and root"))  # fmt: skip
    for message, likely, step in _resemblances(case, actual, expected):
        return case.verdict(message, what, likely, step)
    return case.verdict("values", what, step=note("work one of them out by hand and compare"))


def _resemblances(case: Comparison, actual: Tensor, expected: Tensor) -> Iterator[tuple[str, Words, Words]]:
    """What the numbers would be equal to, were it not for one thing."""
    if case.is_close(-actual, expected):
        yield "values.sign", note("every number has the wrong sign"), note("which of the two is subtracted from which?")
    if (factor := _factor(case, actual, expected)) is not None:
        yield from _by_factor(factor, actual, case)
    if actual.dim() == 2 and case.is_close(actual.T, expected):
        yield "values.transposed", note("rows and columns are swapped"), note("which dimension comes first?")
    if actual.numel() > 1 and case.is_close(actual.flatten().sort().values, expected.flatten().sort().values):
        yield ("values.order", note("the numbers are right, but they stand in another order"),
               note("reshape and view keep the order in memory; transpose and permute change what is beside what"))  # fmt: skip
    if case.is_close(actual**2, expected) or case.is_close(actual, expected**2):
        yield (
            "values.square",
            note("one is the square of the other"),
            note("is a root or a square missing, or one too many?"),
        )
    gap = actual - expected
    if gap.numel() > 1 and float(gap.abs().min()) > case.atol and case.is_close(gap, gap.flatten()[0].expand_as(gap)):
        yield "values.shifted", note("all are {gap} too much", gap=f"{float(gap.flatten()[0]):.4g}"), note("is a mean or a bias left out, or added twice?")  # fmt: skip


def _factor(case: Comparison, actual: Tensor, expected: Tensor) -> float | None:
    """By what number all of them are multiplied."""
    large = expected.abs() > 1e-6
    if not bool(large.any()) or not bool((actual[~large].abs() <= case.atol).all()):
        return None
    factors = actual[large] / expected[large]
    first = float(factors[0])
    same = torch.allclose(factors, factors[0].expand_as(factors), rtol=1e-3)
    return first if same and abs(first) > 1e-6 and first == first else None


def _by_factor(factor: float, actual: Tensor, case: Comparison) -> Iterator[tuple[str, Words, Words]]:
    """Sum for mean, and other constant factors."""
    shapes = [value.shape for value in case.given.values() if isinstance(value, Tensor)]
    counts = {
        math.prod(some) for shape in shapes for size in range(1, len(shape) + 1) for some in combinations(shape, size)
    }
    for count in sorted(counts - {0, 1}):
        if abs(factor / count - 1) < 1e-3:
            yield ("values.sum_for_mean", note("it is {count} times too large: a sum where the mean of {count} is wanted", count=count),
                   note("divide by the number, or use .mean()"))  # fmt: skip
        if abs(factor * count - 1) < 1e-3:
            yield ("values.mean_for_sum", note("it is {count} times too small: a mean where the sum of {count} is wanted", count=count),
                   note("leave the division out, or use .sum()"))  # fmt: skip
    yield "values.factor", note("it is {factor} times what it should be", factor=f"{factor:.4g}"), note("is a factor left out, or used twice?")  # fmt: skip


def _difference(case: Comparison, actual: Tensor, expected: Tensor) -> Text:
    """Where the numbers are farthest apart."""
    if actual.numel() == 1:
        return note("{called} is {actual}, not {expected}", called=case.called,
                    actual=_plain(actual.flatten()[0]), expected=_plain(expected.flatten()[0]))  # fmt: skip
    unequal = ~torch.isclose(actual, expected, rtol=case.rtol, atol=case.atol, equal_nan=True)
    place = tuple(int(index) for index in unequal.nonzero()[0])
    return note("{called} has other numbers: {actual} at {place}, not {expected} ({count} of {total} differ)", called=case.called,
                place=list(place), actual=_plain(actual[place]), expected=_plain(expected[place]),
                count=int(unequal.sum()), total=actual.numel())  # fmt: skip


def _plain(value: Tensor) -> str:
    return f"{float(value):.6g}"
