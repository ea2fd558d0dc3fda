"""A tensor beside the one expected, diagnosed in order: is it one, its dimensions, dtype, device, gradient, numbers."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from torchwise.learn.drawing import shape_text
from torchwise.learn.grade.comparison import Comparison, Given, nothing
from torchwise.learn.grade.shapes import dimensions, shape
from torchwise.learn.grade.values import values
from torchwise.learn.verdict import Verdict, Wrong
from torchwise.texts import note

Diagnosis = Callable[[Comparison], Verdict | None]


def tensor(
    actual: Any, expected: Tensor, called: str, *, given: Given | None = None,
    mistakes: Mapping[str, Tensor] | None = None, rtol: float = 1e-4, atol: float = 1e-5,
) -> None:  # fmt: skip
    """Return if `actual` is the tensor expected: its shape, dtype, device, whether it records gradients, its numbers."""
    case = Comparison(actual=actual, expected=expected, called=called, given=given or {}, rtol=rtol, atol=atol)
    for diagnosis in (lambda case: nothing(case.actual, called), kind, lambda case: known(case, mistakes or {}), *REST):
        verdict = diagnosis(case)
        if verdict is not None:
            raise Wrong(verdict)


def kind(case: Comparison) -> Verdict | None:
    """Something else than a tensor."""
    if isinstance(case.actual, Tensor):
        return None
    name = type(case.actual).__name__
    what = note("{called} gives a {kind}, not a tensor", called=case.called, kind=name)
    if (
        isinstance(case.actual, tuple | list)
        and len(case.actual)
        and all(isinstance(item, Tensor) for item in case.actual)
    ):
        first = case.actual[0]
        if isinstance(case.actual, tuple) and case.is_close(first, case.expected):
            return case.verdict("not_a_tensor.pair", what,
                                note("the first of its {count} parts is the tensor; the call gives several results", count=len(case.actual)),
                                note("take the part you need: values, indices = ..."))  # fmt: skip
        return case.verdict("not_a_tensor.list", what, note("a list of tensors is not yet one tensor"),
                            note("torch.stack puts equal tensors along a new dimension, torch.cat along one they have"))  # fmt: skip
    if isinstance(case.actual, bool | int | float):
        return case.verdict("not_a_tensor.number", what, note("`.item()`, `len` and `int` leave tensors behind: no shape, no gradient"),
                            note("keep the tensor: leave the conversion out"))  # fmt: skip
    if name == "ndarray":
        return case.verdict("not_a_tensor.array", what, step=note("torch.from_numpy(array) shares its memory; mind that NumPy's floats have 64 bits"))  # fmt: skip
    if isinstance(case.actual, type) or callable(case.actual):
        return case.verdict("not_a_tensor.callable", what, note("a function or a layer stands there, not its result"),
                            note("call it: add the brackets"))  # fmt: skip
    return case.verdict("not_a_tensor", what, step=note("torch.tensor(...) makes a tensor of numbers"))


def known(case: Comparison, mistakes: Mapping[str, Tensor]) -> Verdict | None:
    """A mistake that the exercise describes; its text is filled in by who knows the exercise."""
    for name, mistaken in mistakes.items():
        if case.is_close(case.actual, mistaken) and not case.is_close(case.actual, case.expected):
            what = (
                note("{called} has the right shape, but other numbers", called=case.called)
                if mistaken.shape == case.expected.shape
                else note("{called} has the shape {actual}, not {expected}", called=case.called,
                          actual=shape_text(mistaken.shape), expected=shape_text(case.expected.shape))
            )  # fmt: skip
            return case.verdict(f"mistake.{name}", what)
    return None


def dtype(case: Comparison) -> Verdict | None:
    """Numbers of another kind."""
    actual, expected = case.actual.dtype, case.expected.dtype
    if actual == expected:
        return None
    likely, step = (
        note("the dtype comes from the numbers it was made of"),
        note(".to({dtype}) converts", dtype=expected),
    )
    if actual == torch.float64:
        likely = note("NumPy's floats have 64 bits and keep them in torch.from_numpy; models have 32")
        step = note(".float() makes it float32")
    elif not actual.is_floating_point and expected.is_floating_point:
        likely = note("a tensor made of whole numbers is {dtype}; it has no fractions and no gradient", dtype=actual)
    elif expected == torch.int64:
        likely = note("class numbers and indices are whole numbers: int64")
        step = note(".long() makes it int64")
    return case.verdict("dtype", note("{called} is {actual}, not {expected}", called=case.called, actual=actual, expected=expected), likely, step)  # fmt: skip


def device(case: Comparison) -> Verdict | None:
    """A tensor that lies somewhere else."""
    actual, expected = case.actual.device, case.expected.device
    if actual == expected:
        return None
    what = note("{called} is on {actual}, not on {expected}", called=case.called, actual=actual, expected=expected)
    return case.verdict("device", what, note("`.to(device)` gives a new tensor and leaves the old one where it was"),
                        note("x = x.to(device), or device=x.device where a tensor is made"))  # fmt: skip


def gradient(case: Comparison) -> Verdict | None:
    """A graph that was cut, or one that is recorded for nothing."""
    if case.actual.requires_grad == case.expected.requires_grad:
        return None
    if case.expected.requires_grad:
        return case.verdict("requires_grad.cut", note("{called} records no gradient", called=case.called),
                            note("`.detach()`, `.data`, `.item()`, torch.tensor(...) and no_grad cut the graph; what is behind them learns nothing"),
                            note("compute it from the tensors themselves"))  # fmt: skip
    return case.verdict("requires_grad.kept", note("{called} still records gradients", called=case.called),
                        note("what is only looked at keeps the whole graph in memory"),
                        note("with torch.no_grad(): around it, or .detach() behind it"))  # fmt: skip


REST: tuple[Diagnosis, ...] = (dimensions, shape, dtype, device, gradient, values)
