"""Answers that are no tensors: numbers, and whatever Python compares; and conditions that an exercise describes."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from torchwise.finding import Words
from torchwise.learn.grade.comparison import Given, drawn, nothing, shown
from torchwise.learn.verdict import Verdict, Wrong
from torchwise.texts import note

MOST_CHARACTERS = 60  # of a value that is told inside of a sentence


def number(
    actual: Any, expected: float, called: str, *, given: Given | None = None,
    mistakes: Mapping[str, float] | None = None, rtol: float = 1e-4, atol: float = 1e-6,
) -> None:  # fmt: skip
    """Return if `actual` is the number expected: a float, an int or a tensor of one number."""
    value = _number_of(actual)
    for name, mistaken in (mistakes or {}).items():
        if value is not None and math.isclose(value, mistaken, rel_tol=rtol, abs_tol=atol) and not math.isclose(value, expected, rel_tol=rtol, abs_tol=atol):  # fmt: skip
            raise Wrong(_verdict(f"mistake.{name}", actual, expected, called, given))
    _refuse_nothing(actual, expected, called)
    if value is None:
        kind = type(actual).__name__
        what: Words = note("{called} gives a {kind}, not a number", called=called, kind=kind)
        if isinstance(actual, Tensor):
            what = note(
                "{called} gives a tensor of {count} numbers, not one number", called=called, count=actual.numel()
            )
        raise Wrong(
            _verdict(
                "not_a_number", actual, expected, called, given, what=what, step=note("which number is asked for?")
            )
        )
    if not math.isclose(value, expected, rel_tol=rtol, abs_tol=atol):
        likely: Words = note("the sign is wrong") if math.isclose(-value, expected, rel_tol=rtol, abs_tol=atol) else ""
        if isinstance(expected, int) and abs(value - expected) == 1:
            likely = note("it is off by one")
        raise Wrong(
            _verdict(
                "number", actual, expected, called, given, likely=likely, step=note("work it out by hand and compare")
            )
        )


def equal(
    actual: Any, expected: Any, called: str, *, given: Given | None = None, mistakes: Mapping[str, Any] | None = None
) -> None:
    """Return if `actual == expected` and both are of one kind; for texts, lists, tuples, shapes, bools and dtypes."""
    for name, mistaken in (mistakes or {}).items():
        if _is_same(actual, mistaken) and not _is_same(actual, expected):
            raise Wrong(_verdict(f"mistake.{name}", actual, expected, called, given))
    _refuse_nothing(actual, expected, called)
    if not _is_same(actual, expected):
        is_beside = type(actual) is type(expected) is int and abs(actual - expected) == 1
        likely: Words = note("it is off by one") if is_beside else ""
        if type(actual) is not type(expected) and not isinstance(actual, type(expected)):
            likely = note(
                "it is a {actual}, not a {expected}", actual=type(actual).__name__, expected=type(expected).__name__
            )
        raise Wrong(_verdict("equal", actual, expected, called, given, likely=likely))


def require(
    condition: object, mistake: str, called: str, *, actual: Any = "", expected: Any = "", given: Given | None = None
) -> None:
    """Return if the condition holds; else the answer has the mistake of that name, which the exercise describes.

    actual, expected: texts are shown as they are.
    """
    if not condition:
        what = note("{called} is not right yet", called=called)
        raise Wrong(Verdict(
            message=f"mistake.{mistake}", what=what, called=called, given=drawn(given or {}),
            actual=actual if isinstance(actual, str) else shown(actual),
            expected=expected if isinstance(expected, str) else shown(expected),
        ))  # fmt: skip


def _number_of(value: Any) -> float | None:
    if isinstance(value, Tensor):
        return float(value.detach()) if value.numel() == 1 and value.device.type != "meta" else None
    return (
        float(value)
        if isinstance(value, int | float) or (hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0)
        else None
    )


def _is_same(actual: Any, expected: Any) -> bool:
    """Equal, tensors inside of lists and tuples too; True is not 1."""
    if isinstance(actual, Tensor) or isinstance(expected, Tensor):
        both = isinstance(actual, Tensor) and isinstance(expected, Tensor)
        return both and actual.shape == expected.shape and bool((actual == expected).all())
    if isinstance(actual, list | tuple) and isinstance(expected, list | tuple):
        is_kind = isinstance(actual, list) == isinstance(expected, list)
        return is_kind and len(actual) == len(expected) and all(map(_is_same, actual, expected))
    if isinstance(actual, bool) != isinstance(expected, bool) or _is_array(actual) != _is_array(expected):
        return False
    equal = actual == expected
    return bool(equal.all()) if _is_array(equal) else bool(equal)


def _is_array(value: Any) -> bool:
    """Whether it is an array of NumPy, of one dimension or more."""
    return getattr(value, "ndim", 0) > 0


def _refuse_nothing(actual: Any, expected: Any, called: str) -> None:
    if expected is not None and (verdict := nothing(actual, called)) is not None:
        raise Wrong(replace(verdict, expected=shown(expected)))


def _verdict(
    message: str, actual: Any, expected: Any, called: str, given: Given | None,
    *, what: Words = "", likely: Words = "", step: Words = "",
) -> Verdict:  # fmt: skip
    return Verdict(message=message, what=what or _difference(actual, expected, called), called=called, given=drawn(given or {}),
                   actual=shown(actual), expected=shown(expected), likely=likely, step=step)  # fmt: skip


def _difference(actual: Any, expected: Any, called: str) -> Words:
    """What is not as expected, in one sentence; of parts that are too long for it, the first one that isn't right."""
    texts = shown(actual), shown(expected)
    if all("\n" not in text and len(text) <= MOST_CHARACTERS for text in texts):
        return note("{called} is {actual}, not {expected}", called=called, actual=texts[0], expected=texts[1])
    if isinstance(actual, tuple | list) and isinstance(expected, tuple | list):
        if len(actual) != len(expected):
            return note("{called} has {count} parts, not {expected}", called=called, count=len(actual), expected=len(expected))  # fmt: skip
        for place, (part, right) in enumerate(zip(actual, expected, strict=True)):
            if not _is_same(part, right):
                return _difference(part, right, f"{called}[{place}]")
    return note("{called} is not right yet", called=called)
