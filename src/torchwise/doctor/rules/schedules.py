"""Learning-rate schedules that are called too often, without their metric, or built with numbers that can't be."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch.optim import lr_scheduler

from torchwise.doctor.case import Case
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.writing import replaced, with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note

TOO_MANY = re.compile(r"Tried to step (\d+) times\. The specified number of total steps is (\d+)")
METRIC = re.compile(r"step\(\) missing 1 required positional argument: '?(metrics|epoch)'?")
STEPS = re.compile(r"total_steps OR|positive integer (total_steps|steps_per_epoch|epochs|T_0|T_max)|Expected (positive|float).{0,40}but got")
INITIAL = re.compile(r"initial_lr' is not specified")
MOMENTUM = re.compile(r"optimizer must support momentum|cycle_momentum")
COUNT = re.compile(r"Expected (\d+) (lr_lambdas|values for \w+|lambdas)[^\d]*?(?:but )?got (\d+)|Expected (\d+) lr_lambdas")
CHAIN = re.compile(r"(Sequential )?[Ss]chedulers? .{0,80}(one more than|number of milestone|same optimizer|same as the optimizer|to be different)", re.S)
SCHEDULE = re.compile(r"Scheduler|LR$|^lr_|sched", re.I)


def schedule_used_wrongly(case: Case) -> Iterator[Finding]:
    """TW704: a learning-rate scheduler gets too many steps, no metric, or impossible numbers."""
    if case.frame is None or case.frame.node is None:
        return
    scheduler = _scheduler(case)
    if scheduler is None and not any(SCHEDULE.search(frame.file.rpartition("/")[2]) for frame in case.inner):
        if not (METRIC.search(case.text) and isinstance(case.error, TypeError)):
            return
    if match := TOO_MANY.search(case.text):
        yield _too_many(case, int(match[1]), int(match[2]), scheduler)
    elif METRIC.search(case.text):
        yield from _no_metric(case)
    elif isinstance(case.error, ZeroDivisionError):
        yield _zero_steps(case, scheduler)
    elif INITIAL.search(case.text):
        yield _resumed(case)
    elif MOMENTUM.search(case.text):
        yield _no_momentum(case)
    elif STEPS.search(case.text):
        yield _impossible_steps(case)
    elif CHAIN.search(case.text):
        yield _chained(case)
    elif COUNT.search(case.text):
        yield _counts(case)


def _scheduler(case: Case) -> Any:
    """The scheduler that was called or under construction."""
    for frame in case.inner:
        value = frame.locals.get("self")
        if isinstance(value, lr_scheduler.LRScheduler | lr_scheduler.ReduceLROnPlateau):
            return value
    return None


def _here(case: Case) -> Spot:
    assert case.frame is not None and case.frame.node is not None, "asked before"
    return case.spot(case.frame.node)


def _built(case: Case) -> Spot | None:
    """The call that built the scheduler whose step failed."""
    here = _here(case)
    if isinstance(here.node, ast.Call) and isinstance(here.node.func, ast.Attribute):
        made = case.flow.born(here.at(here.node.func.value, ()))
        if isinstance(made.node, ast.Call) and made.node is not here.node:
            return made
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == type(_scheduler(case)).__name__:
                return Spot(source, node)
    return None


def _too_many(case: Case, tried: int, total: int, scheduler: Any) -> Finding:
    name = type(scheduler).__name__ if scheduler is not None else "OneCycleLR"
    what = note("{name} was built for {total} steps and is called a {tried}th time", name=name, total=total, tried=tried)
    why = note("it needs the number of all steps of the training, epochs times batches")
    made = _built(case)
    if made is None or not isinstance(made.node, ast.Call):
        return case.finding("TW704", what, why=why, fix="total_steps=epochs * len(loader)")
    per_epoch = keyword_of(made.node, "steps_per_epoch")
    given = keyword_of(made.node, "total_steps")
    loaders = _loaders(case)
    for expression in filter(None, (per_epoch, given)):
        for spot in _parts(case, made.at(expression, ())):
            found = _rounded_down(case, spot, loaders)
            if found is not None:
                number, code, more = found
                reason = note("{code} rounds down, {loader} has one batch more: {count}", code=number.text, loader=more, count=code)
                change = replaced(number, number.node, f"len({more})")
                return case.finding("TW704", what, why=reason, fix=change.text, mend=change.mend)
    wrong = _wrong_count(case, made, loaders)
    if wrong is not None:
        return case.finding("TW704", what, why=wrong[1], fix=wrong[0].text, mend=wrong[0].mend)
    born = case.flow.born(made.at(given or per_epoch or made.node, ()))
    place = born if isinstance(born.node, ast.Constant | ast.BinOp) else made
    return case.finding("TW704", what, why=why, fix=note("a number of steps of at least {tried}", tried=tried), mend=place)


def _loaders(case: Case) -> list[tuple[str, int]]:
    """The names and lengths of the data loaders at hand."""
    found = []
    for frame in case.user:
        for name, value in frame.locals.items():
            if isinstance(value, torch.utils.data.DataLoader):
                found.append((name, len(value)))
        for name, value in getattr(frame.receiver(), "__dict__", {}).items():
            if isinstance(value, torch.utils.data.DataLoader):
                found.append((f"self.{name}", len(value)))
    return found


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
            elif isinstance(step.node, ast.Call) and call_name(step.node) in ("int", "round", "max", "min", "float"):
                waiting += [step.at(item, ()) for item in step.node.args]


def _rounded_down(case: Case, spot: Spot, loaders: list[tuple[str, int]]) -> tuple[Spot, int, str] | None:
    """len(data) // batch where the loader has one batch more."""
    node = spot.node
    inner = node
    if isinstance(node, ast.Call) and call_name(node) == "int" and node.args:
        inner = node.args[0]
    if not isinstance(inner, ast.BinOp) or not isinstance(inner.op, ast.FloorDiv | ast.Div):
        return None
    value = spot.value()
    for name, length in loaders:
        if value is not None and isinstance(value, int | float) and int(value) == length - 1:
            return spot, length, name
    return None


def _wrong_count(case: Case, made: Spot, loaders: list[tuple[str, int]]) -> tuple[Any, Words] | None:
    """Epochs or batches of another number than are run."""
    assert isinstance(made.node, ast.Call), "asked before"
    per_epoch, epochs = keyword_of(made.node, "steps_per_epoch"), keyword_of(made.node, "epochs")
    used = [(name, length) for name, length in loaders if _is_looped(case, name)] or loaders
    if per_epoch is not None and used and epochs is not None:
        value = made.at(per_epoch, ()).value()
        name, length = used[0]
        if isinstance(value, int) and value < length:
            why = note("{loader} has {count} batches, steps_per_epoch is {value}", loader=name, count=length, value=value)
            return replaced(made, per_epoch, f"len({name})"), why
    total = keyword_of(made.node, "total_steps")
    if total is not None and used:
        value, (name, length) = made.at(total, ()).value(), used[0]
        turns = _outer_turns(case)
        if isinstance(value, int) and turns and value == turns[0] and length > 1:
            why = note("the step is called for each of the {count} batches, total_steps is the number of epochs", count=length)
            return replaced(made, total, f"{made.source.text(total)} * len({name})"), why
    return None


def _outer_turns(case: Case) -> list[int]:
    """The numbers of turns of the loops over a range around the failing line."""
    found = []
    for frame in case.user:
        for node in ast.walk(frame.scope) if frame.scope is not None else ():
            if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and call_name(node.iter) == "range" and node.iter.args:
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
    here = _here(case)
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
    names = [n for n, v in case.frame.locals.items() if isinstance(v, float | int | torch.Tensor) and not isinstance(v, bool)]
    for words in (("val", "loss"), ("valid", "loss"), ("test", "loss"), ("val",), ("loss",)):
        for name in names:
            if all(word in name.lower() for word in words):
                return name
    return "valid_loss"


def _zero_steps(case: Case, scheduler: Any) -> Finding:
    """A period of 0 steps."""
    made = _here(case) if isinstance(_here(case).node, ast.Call) and _here(case).node.args else None  # type: ignore[attr-defined]
    if scheduler is not None and (built := _built(case)) is not None:
        made = built
    names = ("step_size", "T_max", "T_0", "total_iters", "step_size_up")
    name = type(scheduler).__name__ if scheduler is not None else "the scheduler"
    zero = next((n for n in names if getattr(scheduler, n, None) == 0), "its period")
    what = note("{name} has {parameter} = 0 and divides by it", name=name, parameter=zero)
    why = note("the number of steps came out as 0, mostly by a division that rounds down")
    place = _argument(case, made, zero, 1) if made is not None else None
    born = case.flow.born(place) if place is not None else None
    fix = note("max(1, {code})", code=" ".join(born.text.split())) if born is not None else note("at least 1")
    change = replaced(born, born.node, f"max(1, {born.text})") if born is not None and isinstance(born.node, ast.expr) else None
    return case.finding("TW704", what, why=why, fix=fix, mend=change.mend if change is not None else made)


def _argument(case: Case, made: Spot, name: str, position: int) -> Spot | None:
    """An argument of the scheduler, by name or position."""
    if not isinstance(made.node, ast.Call):
        return None
    given = keyword_of(made.node, name)
    if given is None and len(made.node.args) > position:
        given = made.node.args[position]
    return made.at(given, ()) if given is not None else None


def _resumed(case: Case) -> Finding:
    what = note("last_epoch is set, but the optimizer knows no initial_lr to go on from")
    why = note("a scheduler is resumed by its own state: last_epoch alone needs an optimizer that had one before")
    here = _here(case)
    given = keyword_of(here.node, "last_epoch") if isinstance(here.node, ast.Call) else None
    fix = note("without last_epoch, then scheduler.load_state_dict(checkpoint[...])")
    return case.finding("TW704", what, why=why, fix=fix, mend=here.at(given, ()) if given is not None else here)


def _no_momentum(case: Case) -> Finding:
    here = _here(case)
    what = note("the optimizer has no momentum that the schedule could change")
    why = note("CyclicLR and OneCycleLR move the momentum against the rate, unless cycle_momentum=False")
    if isinstance(here.node, ast.Call):
        change = with_keyword(here, "cycle_momentum", "False")
        return case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW704", what, why=why, fix="cycle_momentum=False")


def _impossible_steps(case: Case) -> Finding:
    """total_steps of 0, of a fraction, or not given at all."""
    here = _here(case)
    text = case.text
    if "OR" in text:
        what = note("OneCycleLR needs to know how many steps there will be")
        loader = next((name for name, _ in _loaders(case)), "loader")
        change = with_keyword(here, "total_steps", f"epochs * len({loader})") if isinstance(here.node, ast.Call) else None
        fix: Words = change.text if change is not None else f"total_steps=epochs * len({loader})"
        return case.finding("TW704", what, why=note("total_steps, or epochs and steps_per_epoch"), fix=fix,
                            mend=change.mend if change is not None else None)  # fmt: skip
    match = re.search(r"(total_steps|steps_per_epoch|epochs|T_0|T_max|step_size)[^,]*?,? but got (\S+)", text)
    name, value = (match[1], match[2].rstrip(".")) if match else ("total_steps", "")
    what = note("{name} is {value}, it must be a whole number above 0", name=name, value=value)
    place = _argument(case, here, name, 1 if name.startswith("T_") else 99)
    born = case.flow.born(place) if place is not None else None
    if born is None or not isinstance(born.node, ast.expr):
        return case.finding("TW704", what, fix=f"{name}=len(loader)")
    loaders = _loaders(case)
    code = " ".join(born.text.split())
    new = f"int({code})" if "." in value else f"max(1, {code})"
    if loaders and isinstance(born.node, ast.BinOp) and isinstance(born.node.op, ast.FloorDiv):
        new = f"len({loaders[0][0]})"
    if isinstance(born.node, ast.BinOp) and isinstance(born.node.op, ast.Div):
        new = f"{born.source.text(born.node.left)} // {born.source.text(born.node.right)}"
    change = replaced(born, born.node, new)
    why = note("{code} gives {value}", code=code, value=value)
    return case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)


def _chained(case: Case) -> Finding:
    """SequentialLR with a milestone too many, or schedulers of two optimizers."""
    here = _here(case)
    if "optimizer" in case.text and "one more" not in case.text:
        what = note("the schedulers belong to different optimizers")
        return case.finding("TW704", what, fix=note("build all of them with the same optimizer"), mend=here)
    milestones = keyword_of(here.node, "milestones") if isinstance(here.node, ast.Call) else None
    what = note("the number of milestones must be one less than the number of schedulers")
    why = note("each milestone is where the next scheduler takes over")
    return case.finding("TW704", what, why=why, fix=note("one milestone between each two schedulers"),
                        mend=here.at(milestones, ()) if milestones is not None else here)  # fmt: skip


def _counts(case: Case) -> Finding:
    what = note("the schedule has another number of values than the optimizer has parameter groups")
    why = note("one value for all groups, or one for each")
    return case.finding("TW704", what, why=why, fix=note("one value, or a list with one for each group"))


RULES = (schedule_used_wrongly,)
