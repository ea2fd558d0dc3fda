"""A schedule of the learning rate used wrongly: stepped too often, without its metric, resumed without a first rate."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau
from torch.utils.data import DataLoader

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.past.events import loops_around
from torchwise.doctor.past.writing import with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding
from torchwise.texts import note

DEEPEST = 5


def scheduler_is_stepped_too_often(case: Case) -> Iterator[Finding]:
    """TW704: OneCycleLR ends after its number of steps."""
    frame = next((f for f in reversed(case.inner) if isinstance(f.locals.get("self"), OneCycleLR)), None)
    node = case.frame.node if case.frame is not None else None
    if frame is None or not isinstance(case.error, ValueError) or not isinstance(node, ast.Call):
        return
    scheduler: Any = frame.locals["self"]
    total, step = scheduler.total_steps, scheduler.last_epoch
    if not isinstance(step, int) or step <= total:
        return
    what = note("the schedule ends after {total} steps, this is step {step}", total=total, step=step)
    epochs, batches, loader = _turns(case)
    why = note("OneCycleLR is built for a number of steps, and refuses any more")
    if batches:
        why = note("an epoch has {batches} batches, each with a step of the schedule", batches=batches)
    if batches and epochs:
        why = note("{epochs} epochs of {batches} batches are {needed} steps", epochs=epochs, batches=batches,
                   needed=epochs * batches)  # fmt: skip
    built = case.flow.born(case.spot(node.func.value)) if isinstance(node.func, ast.Attribute) else case.spot(node)
    change = _counted(case, built, (epochs, batches, loader)) if isinstance(built.node, ast.Call) else None
    if change is not None:
        yield case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)
        return
    fix = f"total_steps=epochs * len({loader or 'loader'})"
    yield case.finding("TW704", what, why=why, fix=fix, mend=built, sure=False)


def _turns(case: Case) -> tuple[int, int, str]:
    """The epochs and the batches of the loops around the step, as far as they are known, and the loader's code."""
    epochs, batches, loader = 0, 0, ""
    for frame in reversed(case.user):
        for loop in loops_around(frame):
            if not isinstance(loop, ast.For):
                continue
            things = [loop.iter, *(n for n in ast.walk(loop.iter) if isinstance(n, ast.Name | ast.Attribute))]
            for thing in things:
                value = case.value(thing, frame)
                if isinstance(value, DataLoader) and not batches:
                    batches, loader = _length(value), ast.unparse(thing)
                elif isinstance(value, range) and not epochs and (batches or thing is loop.iter):
                    epochs = len(value)
    return epochs, batches, loader


def _length(loader: Any) -> int:
    try:
        return len(loader)
    except TypeError:  # of a stream
        return 0


def _counted(case: Case, built: Spot, turns: tuple[int, int, str]) -> Change | None:
    """The factor of the number of steps that is too small."""
    epochs, batches, loader = turns
    call = built.node
    assert isinstance(call, ast.Call), "asked before"
    given = [keyword_of(call, name) for name in ("total_steps", "epochs", "steps_per_epoch")]
    if given[0] is None and len(call.args) > 2:
        given[0] = call.args[2]
    factors = [item for node in given if node is not None for item in _factors(case, built.at(node, ()))]
    for spot in factors:
        if any(isinstance(n, ast.FloorDiv) for n in ast.walk(spot.node)) or call_name(spot.node) in ("int", "floor"):
            return rewritten(spot, spot.node, f"len({loader or 'loader'})")
    values = [(spot, spot.value(_constant(spot))) for spot in factors]
    known = [(spot, value) for spot, value in values if isinstance(value, int)]
    if len(known) == 1 and len(factors) == 1 and batches:
        spot, value = known[0]
        if value == epochs or not isinstance(spot.node, ast.Constant):
            source = built.at(given[0], ()) if given[0] is not None else spot
            return rewritten(source, source.node, f"{source.text} * len({loader})")
        needed = epochs * batches if epochs else batches
        return rewritten(spot, spot.node, repr(needed)) if needed > value else None
    for spot, value in known:
        if batches and value not in (epochs, batches):
            right = [v for v in (epochs, batches) if v and v not in [other for s, other in known if s is not spot]]
            if right:
                is_written = isinstance(spot.node, ast.Constant)
                new = repr(right[0]) if is_written or right[0] != batches else f"len({loader})"
                return rewritten(spot, spot.node, new)
    return None


def _constant(spot: Spot) -> Any:
    return spot.node.value if isinstance(spot.node, ast.Constant) else None


def _factors(case: Case, spot: Spot, depth: int = 0) -> list[Spot]:
    """The factors of a product, each followed to where it was computed."""
    born = case.flow.born(spot)
    if depth < DEEPEST and isinstance(born.node, ast.BinOp) and isinstance(born.node.op, ast.Mult):
        return [f for node in (born.node.left, born.node.right) for f in _factors(case, born.at(node, ()), depth + 1)]
    return [born]


def scheduler_lacks_something(case: Case) -> Iterator[Finding]:
    """TW704: ReduceLROnPlateau without its metric; total_steps not given; initial_lr missing when resuming."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Call):
        return
    call = case.spot(node)
    owner = case.value(node.func.value) if isinstance(node.func, ast.Attribute) else None
    if isinstance(owner, ReduceLROnPlateau) and isinstance(case.error, TypeError) and call_name(node) == "step":
        if "metrics" not in case.text:
            return
        what = note("{code} lacks the metric that ReduceLROnPlateau watches", code=call.text)
        why = note("it lowers the rate when the metric stops improving, so each step needs the metric's value")
        change = rewritten(call, node, f"{ast.unparse(node.func)}({_metric(case)})")
        yield case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)
    elif isinstance(case.error, KeyError) and "initial_lr" in case.text:
        what = note("the optimizer has no initial_lr, and the schedule begins at a later epoch (last_epoch)")
        why = note("with last_epoch a schedule goes on, and reads the first rate from the optimizer's groups")
        change = with_keyword(call, "last_epoch", "-1")
        yield case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)
    elif isinstance(case.error, ValueError) and re.search(r"total_steps OR|define either total_steps", case.text):
        what = note("OneCycleLR knows neither total_steps nor epochs and steps_per_epoch")
        why = note("it spreads its cycle over a number of steps")
        change = with_keyword(call, "total_steps", "epochs * len(loader)")
        yield case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)


def _metric(case: Case) -> str:
    """A variable that may be the metric: the loss of the validation, else a loss."""
    names = list(case.frame.locals) if case.frame is not None else []
    numbers = [name for name in names if "loss" in name.lower() or "metric" in name.lower()]
    valid = [name for name in numbers if name.lower().startswith(("val", "valid", "test", "dev"))]
    return next(iter([*valid, *numbers]), "val_loss")


RULES = (scheduler_is_stepped_too_often, scheduler_lacks_something)
