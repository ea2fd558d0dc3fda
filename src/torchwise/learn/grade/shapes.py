"""Diagnoses of a shape: too many or too few dimensions, swapped ones, one of length 1, a broadcast."""

from torch import Size

from torchwise.learn.drawing import shape_text
from torchwise.learn.grade.comparison import Comparison
from torchwise.learn.verdict import Verdict
from torchwise.texts import Text, note


def dimensions(case: Comparison) -> Verdict | None:
    """Another number of dimensions."""
    actual, expected = case.actual.shape, case.expected.shape
    if len(actual) == len(expected):
        return None
    what = _what(case)
    if len(actual) < len(expected) and (place := _inserted(actual, expected)) is not None:
        return case.verdict("shape.missing_dim", what, note("the dimension {dim}, of length 1, is missing", dim=place),
                            note(".unsqueeze({dim}) puts it in", dim=place))  # fmt: skip
    if len(actual) > len(expected) and (place := _inserted(expected, actual)) is not None:
        return case.verdict("shape.extra_dim", what, note("the dimension {dim}, of length 1, is too much", dim=place),
                            note(".squeeze({dim}) takes it away; a sum or mean keeps it only with keepdim=True", dim=place))  # fmt: skip
    if len(actual) == 2 * len(expected) and actual == expected + expected:
        return case.verdict("shape.broadcast", what,
                            note("each of the {count} was combined with each: (B, 1) beside (B,) is broadcast to (B, B)", count=expected[0]),
                            note("give both the same shape first"))  # fmt: skip
    if len(actual) > len(expected):
        return case.verdict("ndim", what, note("the number of dimensions is {count}, not {expected}", count=len(actual), expected=len(expected)),
                            note("which of them has to go: by an index, a sum, a mean, or by joining two?"))  # fmt: skip
    return case.verdict("ndim", what, note("the number of dimensions is {count}, not {expected}", count=len(actual), expected=len(expected)),
                        note("which one is lost: by an index, a sum or a mean over it?"))  # fmt: skip


def shape(case: Comparison) -> Verdict | None:
    """As many dimensions, but other lengths."""
    actual, expected = case.actual.shape, case.expected.shape
    if actual == expected:
        return None
    what = _what(case)
    if sorted(actual) == sorted(expected):
        swapped = [dim for dim in range(len(actual)) if actual[dim] != expected[dim]]
        step = note("print the shape after each line") if len(swapped) != 2 else note(
            ".transpose({one}, {other}) swaps two dimensions", one=swapped[0], other=swapped[1])  # fmt: skip
        return case.verdict("shape.transposed", what, note("the lengths are right, their order isn't"), step)
    different = [dim for dim in range(len(actual)) if actual[dim] != expected[dim]]
    if all(1 in (actual[dim], expected[dim]) for dim in different):
        likely = note("a dimension of length 1 is stretched to fit the other tensor, without a word: broadcasting")
        if all(actual[dim] == 1 for dim in different):
            likely = note("a dimension was reduced that should have stayed, or it was never stretched")
        return case.verdict("shape.broadcast", what, likely, note("print the shapes of both sides before they meet"))
    if len(different) == 1:
        return case.verdict("shape", what, _one_length(actual, expected, different[0]),
                            note("where does the length of dimension {dim} come from?", dim=different[0]))  # fmt: skip
    return case.verdict("shape", what, step=note("print the shape after each line"))


def _what(case: Comparison) -> Text:
    return note("{called} has the shape {actual}, not {expected}", called=case.called,
                actual=shape_text(case.actual.shape), expected=shape_text(case.expected.shape))  # fmt: skip


def _one_length(actual: Size, expected: Size, dim: int) -> Text:
    """What may be wrong with one length."""
    if abs(actual[dim] - expected[dim]) == 1:
        return note("it is off by one: a slice ends before its second number, and the last index is length - 1")
    return note(
        "dimension {dim} has the length {actual}, not {expected}", dim=dim, actual=actual[dim], expected=expected[dim]
    )


def _inserted(short: Size, long: Size) -> int | None:
    """Where a length 1 put into the short shape gives the long one."""
    if len(long) != len(short) + 1:
        return None
    return next((dim for dim in range(len(long)) if long[dim] == 1 and long[:dim] + long[dim + 1 :] == short), None)
