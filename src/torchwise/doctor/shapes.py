"""The shapes on the way: which module or expression made the value that failed, and from what."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.retracing.retrace import Retrace
from torchwise.doctor.retracing.steps import Failing, Shape, Step, tensors_in
from torchwise.doctor.source import is_user_file
from torchwise.doctor.spots import Spot

HIGHEST_CALLER = 2  # functions around the one that failed
_kept: list[tuple[Case, "Way"]] = []  # the way of the case in hand, for all rules


class Way:
    """How the failing step got what it got: every step before it, found by a retrace of the call."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.retrace = _retraced(case)
        self.failed = self.retrace.failed if self.retrace is not None else None

    @property
    def steps(self) -> list[Step]:
        """All that ran before the failure, in order."""
        return self.retrace.steps if self.retrace is not None else []

    @property
    def given(self) -> Tensor | None:
        """The first tensor that the failing step got."""
        return self.failed.inputs[0] if self.failed is not None and self.failed.inputs else None

    def maker(self, tensor: Tensor | None) -> Step | None:
        """The step that made a tensor; None if it came from outside."""
        return self.retrace.makers.get(id(tensor)) if self.retrace is not None else None

    def origin(self, tensor: Tensor | None) -> Spot | None:
        """The expression that brought a tensor in from outside, or made it from nothing."""
        if self.retrace is None:
            return None
        made = self.maker(tensor)
        return made.spot if made is not None and not made.inputs else self.retrace.origins.get(id(tensor))

    def back(self, tensor: Tensor | None) -> Iterator[Step]:
        """The makers one before the other, along the main input of each."""
        while (step := self.maker(tensor)) is not None:
            yield step
            tensor = main_input(step)

    def source(self, tensor: Tensor | None) -> Tensor | None:
        """The tensor from outside that the way to a tensor begins with."""
        for step in self.back(tensor):
            before = main_input(step)
            if before is None:
                return tensor
            tensor = before
        return tensor

    def entry(self, tensor: Tensor | None) -> Spot | None:
        """The expression by which the data of a tensor came in; where they are items of a list, the call on these."""
        first: Step | None = None
        for step in self.back(tensor):
            first = step
        return self.origin(self.source(tensor)) or (first.spot if first is not None and first.module is None else None)

    def before(self, step: Step) -> Tensor | None:
        """The input that a step carries on."""
        return main_input(step)

    def is_upstream(self, early: Tensor, late: Tensor) -> bool:
        """Whether one tensor was made from the other."""
        waiting, met = [late], set()
        while waiting:
            here = waiting.pop()
            if here is early:
                return True
            if id(here) not in met and (step := self.maker(here)) is not None:
                met.add(id(here))
                waiting += step.inputs
        return False

    def whole(self, tensor: Tensor | None) -> Step | None:
        """The largest module that gave a tensor and had ended before the failure; else the step that made it."""
        made = self.maker(tensor)
        if self.retrace is None or made is None:
            return None
        wholes = [step for step in self.retrace.wholes.get(id(tensor), []) if tensor in _parts(step) and step.inputs]
        wholes = [step for step in wholes if step.inputs[0] is not tensor]
        return wholes[-1] if wholes else made

    def name(self, step: Step) -> str:
        """How the program names what a step called."""
        if step.module is not None:
            return self.case.path_of(step.module) or type(step.module).__name__
        return " ".join(step.spot.text.split()) or step.name

    def users_spot(self, step: Step) -> Spot | None:
        """The expression of a step in the user's code; for one in a library, the user's call that led there."""
        spot: Spot | None = step.spot
        while spot is not None and not is_user_file(spot.file):
            spot = spot.caller
        return spot


def way_of(case: Case) -> Way:
    """The way of a case, found once."""
    if not _kept or _kept[0][0] is not case:
        _kept[:] = [(case, Way(case))]
    return _kept[0][1]


def main_input(step: Step) -> Tensor | None:
    """The input that a step carries on: the first of the shape that came out, else the first."""
    same = [tensor for tensor in step.inputs if tuple(tensor.shape) == step.shape]
    return next(iter(same or step.inputs), None)


def _parts(step: Step) -> list[Tensor]:
    return tensors_in([step.result])


def _retraced(case: Case) -> Retrace | None:
    """The retrace of a case, from the user's frame that made the outermost call of a module."""
    root = root_frame(case)
    if root is None or root.source is None or root.node is None:
        return None
    failing = _failing(case)
    if failing is None:
        return None
    spot = case.flow.spot(root, root.node)
    retrace = Retrace(case.user, root, spot, failing)
    retrace.run(root.node)
    called = outer_module(case)
    if retrace.failed is None and called is not None:  # the call itself can't be made again: enter the module it called
        retrace = Retrace(case.user, root, spot, failing)
        retrace.enter(*called)
    if called is None and root is case.frame and not _has_layers(retrace):
        return _from_callers(case, failing) or retrace
    return retrace


def _has_layers(retrace: Retrace) -> bool:
    """Whether modules ran on the way to the failing step."""
    return any(step.module is not None for step in retrace.steps)


def _from_callers(case: Case, failing: Failing) -> Retrace | None:
    """The retrace from a function around, which handed the outputs of modules to the one that failed."""
    for frame in case.user[-2 : -2 - HIGHEST_CALLER : -1]:
        if frame.node is not None and not frame.is_comprehension:
            retrace = Retrace(case.user, frame, case.flow.spot(frame, frame.node), failing)
            retrace.run(frame.node)
            if retrace.failed is not None and _has_layers(retrace):
                return retrace
    return None


def outer_module(case: Case) -> tuple[nn.Module, tuple[Any, ...], dict[str, Any]] | None:
    """The outermost module that was called, and what it was given."""
    for frame in case.frames:
        if frame.function == "_call_impl" and isinstance(module := frame.locals.get("self"), nn.Module):
            return module, frame.locals.get("args") or (), frame.locals.get("kwargs") or {}
    return None


def model_with(case: Case, *modules: nn.Module) -> nn.Module | None:
    """The largest module at hand that holds all of these."""
    called = outer_module(case)
    steps = _kept[0][1].steps if _kept and _kept[0][0] is case else []
    whole = [step.module for step in steps if step.module is not None and not step.within]
    for candidate in [case.root[1] if case.root else None, called[0] if called else None, *whole]:
        if candidate is not None and all(any(part is m for part in candidate.modules()) for m in modules):
            return candidate
    return None


def root_frame(case: Case) -> Frame | None:
    """The user's frame from which the outermost module was called; the innermost one if none was."""
    found = None
    for frame in case.frames:
        if frame.function in ("_call_impl", "_wrapped_call_impl") and isinstance(frame.locals.get("self"), nn.Module):
            return found
        if frame in case.user:
            found = frame
    return case.frame


def _failing(case: Case) -> Failing | None:
    """What the retrace is to stop at."""
    if case.layer is not None:
        given = case.layer_input
        return Failing(case.layer, tuple(given.shape) if isinstance(given, Tensor) else None, None)
    if case.frame is None or case.frame.node is None or case.operation is None:
        return None
    values: list[Any] = [operand.value for operand in case.operation.operands]
    unknown = any(
        operand.value is None and not isinstance(operand.node, ast.Constant) for operand in case.operation.operands
    )
    shapes = () if unknown else tuple(tuple(tensor.shape) for tensor in tensors_in(values))
    return Failing(None, None, case.frame.node, shapes)


def shape_of(tensor: Tensor | None) -> Shape:
    """The shape as a plain tuple."""
    return () if tensor is None else tuple(tensor.shape)
