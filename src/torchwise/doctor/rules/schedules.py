"""Learning-rate schedules that are called too often, without their metric, or built with numbers that can't be."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch.optim import lr_scheduler

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.events import loops_around
from torchwise.doctor.past.scheduling import built, failing_line, loaders, scheduler_of
from torchwise.doctor.past.writing import SIMPLE, code_of, replaced
from torchwise.doctor.rules.schedule_numbers import (
    chained,
    counts,
    impossible_steps,
    no_momentum,
    resumed,
    zero_steps,
)
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note

TOO_MANY = re.compile(r"Tried to step (\d+) times\. The specified number of total steps is (\d+)")
METRIC = re.compile(r"step\(\) missing 1 required positional argument: '?(metrics|epoch)'?")
STEPS = re.compile(
    r"total_steps OR|positive integer (total_steps|steps_per_epoch|epochs|T_0|T_max)"
    r"|Expected (positive|float).{0,40}but got"
)
INITIAL = re.compile(r"initial_lr' is not specified")
MOMENTUM = re.compile(r"optimizer must support momentum|cycle_momentum")
COUNT = re.compile(
    r"Expected (\d+) (?:lr_lambdas|values for \w+|lambdas)[^\d]*?(?:but )?got (\d+)|Expected (?:\d+) lr_lambdas"
)
CHAIN = re.compile(
    r"[Ss]chedulers? .{0,80}(one more than|number of milestone|same optimizer|same as the optimizer|to be different)",
    re.S,
)
ONE_CYCLE = ("optimizer", "max_lr", "total_steps", "epochs", "steps_per_epoch")  # its parameters in their order
WHOLE = {"int", "round", "floor"}
SCHEDULE = re.compile(r"Scheduler|LR$|^lr_|sched", re.I)


def schedule_used_wrongly(case: Case) -> Iterator[Finding]:
    """TW704: a learning-rate scheduler gets too many steps, no metric, or impossible numbers."""
    if case.frame is None or case.frame.node is None:
        return
    scheduler = scheduler_of(case)
    is_inside = scheduler is not None or any(SCHEDULE.search(f.file.rpartition("/")[2]) for f in case.inner)
    if not is_inside and not (METRIC.search(case.text) and isinstance(case.error, TypeError)):
        return
    if match := TOO_MANY.search(case.text):
        yield _too_many(case, int(match[1]), int(match[2]), scheduler)
    elif METRIC.search(case.text):
        yield from _no_metric(case)
    elif isinstance(case.error, ZeroDivisionError):
        yield zero_steps(case, scheduler)
    elif INITIAL.search(case.text):
        yield resumed(case)
    elif MOMENTUM.search(case.text):
        yield no_momentum(case)
    elif STEPS.search(case.text):
        yield impossible_steps(case)
    elif CHAIN.search(case.text):
        yield chained(case)
    elif COUNT.search(case.text):
        yield counts(case, COUNT.search(case.text))


def _too_many(case: Case, tried: int, total: int, scheduler: Any) -> Finding:
    name = type(scheduler).__name__ if scheduler is not None else "OneCycleLR"
    what = note("{name} was built for {total} steps, this is step {tried}", name=name, total=total, tried=tried)
    why = note("it needs the number of all steps of the training, epochs times batches")
    made = built(case)
    if made is None or not isinstance(made.node, ast.Call):
        return case.finding("TW704", what, why=why, fix="total_steps=epochs * len(loader)")
    per_epoch, given = _given(made.node, "steps_per_epoch"), _given(made.node, "total_steps")
    known = loaders(case)
    for expression in filter(None, (per_epoch, given)):
        for spot in _parts(case, made.at(expression, ())):
            if (found := _rounded_down(spot, known, total)) is not None:
                name, count = found
                reason = note("{code} rounds down, {loader} has one batch more: {count}", code=spot.text, loader=name,
                              count=count)  # fmt: skip
                change = replaced(spot, spot.node, _rounded_up(spot, name))
                return case.finding("TW704", what, why=reason, fix=change.text, mend=change.mend)
    wrong = _wrong_count(case, made, known, total)
    if wrong is not None:
        return case.finding("TW704", what, why=wrong[1], fix=wrong[0].text, mend=wrong[0].mend)
    born = case.flow.born(made.at(given or per_epoch or made.node, ()))
    place = born if isinstance(born.node, ast.Constant | ast.BinOp) else made
    return case.finding(
        "TW704", what, why=why, fix=note("a number of steps of at least {tried}", tried=tried), mend=place
    )


def _given(call: ast.Call, name: str) -> ast.expr | None:
    """An argument of OneCycleLR, by name or place."""
    place = ONE_CYCLE.index(name)
    return keyword_of(call, name) or (call.args[place] if place < len(call.args) else None)


def _parts(case: Case, spot: Spot) -> Iterator[Spot]:
    """An expression and what it is computed from, back to its births."""
    waiting, seen = [spot], 0
    while waiting and seen < 40:
        here = waiting.pop(0)
        seen += 1
        for step in case.flow.trail(here):
            yield step
            if isinstance(step.node, ast.BinOp):
                waiting += [step.at(step.node.left, ()), step.at(step.node.right, ())]
            elif isinstance(step.node, ast.Call) and call_name(step.node) in WHOLE | {"max", "min", "float"}:
                waiting += [step.at(item, ()) for item in step.node.args]


def _rounded_down(spot: Spot, known: list[tuple[str, int]], total: int) -> tuple[str, int] | None:
    """The loader that has one batch more than len(data) // batch; by the total alone, where its value can't be had."""
    division = _division(spot)
    if division is None:
        return None
    value = spot.value()
    for name, length in known:
        is_short = value is None and length > 2 and total % (length - 1) == 0 and total % length != 0
        if is_short or (isinstance(value, int | float) and int(value) == length - 1):
            return name, length
    return None


def _division(spot: Spot) -> ast.BinOp | None:
    """The quotient that an expression makes a whole number of."""
    node = spot.node
    inner = node.args[0] if isinstance(node, ast.Call) and call_name(node) in WHOLE and node.args else node
    return inner if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.FloorDiv | ast.Div) else None


def _rounded_up(spot: Spot, loader: str) -> str:
    """The length of the loader where the function has it; else the quotient, rounded up."""
    scope, division = spot.source.scope_of(spot.node), _division(spot)
    own = {ast.unparse(node) for node in ast.walk(scope) if isinstance(node, ast.Name | ast.Attribute)}
    if loader in own or division is None:
        return f"len({loader})"
    return f"math.ceil({code_of(spot, division.left)} / {code_of(spot, division.right)})"


def _wrong_count(case: Case, made: Spot, known: list[tuple[str, int]], steps: int) -> tuple[Any, Words] | None:
    """Epochs or batches of another number than are run."""
    assert isinstance(made.node, ast.Call), "asked before"
    per_epoch, epochs = _given(made.node, "steps_per_epoch"), _given(made.node, "epochs")
    used = [(name, length) for name, length in known if _is_looped(case, name)] or known
    if per_epoch is not None and used and epochs is not None:
        value = made.at(per_epoch, ()).value()
        name, length = used[0]
        if isinstance(value, int) and value < length:
            why = note(
                "{loader} has {count} batches, steps_per_epoch is {value}", loader=name, count=length, value=value
            )
            return replaced(made, per_epoch, f"len({name})"), why
    total = _given(made.node, "total_steps")
    is_one = total is not None and steps in [length for _, length in used]
    if is_one and total is not None and (one := _one_epoch(case, made.at(total, ()))) is not None:
        return one
    if total is not None and used:
        value, (name, length) = made.at(total, ()).value(), used[0]
        turns = _outer_turns(case)
        if isinstance(value, int) and turns and value == turns[0] and length > 1:
            why = note(
                "the step is called for each of the {count} batches, total_steps is the number of epochs", count=length
            )
            return replaced(made, total, f"{made.source.text(total)} * len({name})"), why
    return None


def _one_epoch(case: Case, total: Spot) -> tuple[Any, Words] | None:
    """The number of batches where those of all epochs are needed: at the `len(loader)` that gave it."""
    loops = [spot for frame in case.user for spot in _ranges(case, frame)]
    born = case.flow.born(total)
    is_length = isinstance(born.node, ast.Call) and call_name(born.node) == "len"
    if not loops or not (is_length or isinstance(born.node, ast.BinOp)):
        return None
    turns = loops[0].text if isinstance(loops[0].node, SIMPLE) else f"({loops[0].text})"
    why = note("{code} is the number of batches of one epoch, and there are {count}", code=born.text,
               count=loops[0].value())  # fmt: skip
    return replaced(born, born.node, f"{turns} * {born.text}"), why


def _ranges(case: Case, frame: Frame) -> list[Spot]:
    """The numbers of turns of the loops over a range around a frame's line, the outermost first."""
    loops = [loop for loop in reversed(loops_around(frame)) if isinstance(loop, ast.For)]
    calls = [loop.iter for loop in loops if isinstance(loop.iter, ast.Call) and call_name(loop.iter) == "range"]
    ends = [case.flow.spot(frame, call.args[-1]) for call in calls if call.args]
    return [end for end in ends if isinstance(end.value(), int)]


def _outer_turns(case: Case) -> list[int]:
    """The numbers of turns of the loops over a range around the failing line."""
    found = []
    for frame in case.user:
        for node in ast.walk(frame.scope) if frame.scope is not None else ():
            if (
                isinstance(node, ast.For)
                and isinstance(node.iter, ast.Call)
                and call_name(node.iter) == "range"
                and node.iter.args
            ):
                value = case.flow.spot(frame, node.iter.args[-1]).value()
                if isinstance(value, int):
                    found.append(value)
    return found


def _is_looped(case: Case, name: str) -> bool:
    """Whether a loop around the failing line goes over a loader."""
    for frame in case.user:
        for node in ast.walk(frame.scope) if frame.scope is not None else ():
            if isinstance(node, ast.For) and name in ast.unparse(node.iter) and node.lineno <= frame.line:
                return True
    return False


def _no_metric(case: Case) -> Iterator[Finding]:
    """ReduceLROnPlateau.step() without the value it watches."""
    here = failing_line(case)
    call = here.node
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return
    owner = held(case.flow, here.at(call.func.value, ()))
    if not isinstance(owner, lr_scheduler.ReduceLROnPlateau) and "metrics" not in case.text:
        return
    name = ast.unparse(call.func.value)
    what = note("{name} is a ReduceLROnPlateau: its step needs the value that it watches", name=name)
    why = note("it lowers the learning rate when that value has stopped getting better")
    value = _watched(case)
    change = replaced(here, call, f"{name}.step({value})")
    yield case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)


def _watched(case: Case) -> str:
    """A variable that holds a validation loss, else a loss."""
    assert case.frame is not None, "asked before"
    names = [
        n for n, v in case.frame.locals.items() if isinstance(v, float | int | torch.Tensor) and not isinstance(v, bool)
    ]
    for words in (("val", "loss"), ("valid", "loss"), ("test", "loss"), ("val",), ("loss",)):
        for name in names:
            if all(word in name.lower() for word in words):
                return name
    return "valid_loss"


RULES = (schedule_used_wrongly,)
