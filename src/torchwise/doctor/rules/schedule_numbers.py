"""Schedules with numbers that can't be: no steps, fractions of steps, a start that the optimizer doesn't know."""

import ast
import re
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.past.scheduling import built, failing_line, loaders
from torchwise.doctor.past.writing import replaced, with_keyword
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note


def zero_steps(case: Case, scheduler: Any) -> Finding:
    """A period of 0 steps."""
    here = failing_line(case)
    made = here if isinstance(here.node, ast.Call) and here.node.args else None
    if scheduler is not None and (found := built(case)) is not None:
        made = found
    names = ("step_size", "T_max", "T_0", "total_iters", "step_size_up")
    name = type(scheduler).__name__ if scheduler is not None else note("the scheduler")
    zero = next((n for n in names if getattr(scheduler, n, None) == 0), "")
    what = note("{name} has {parameter} = 0 and divides by it", name=name, parameter=zero or note("its period"))
    why = note("the number of steps came out as 0, mostly by a division that rounds down")
    place = _argument(case, made, zero, 1) if made is not None else None
    born = case.flow.born(place) if place is not None else None
    fix = note("max(1, {code})", code=" ".join(born.text.split())) if born is not None else note("at least 1")
    change = (
        replaced(born, born.node, f"max(1, {born.text})")
        if born is not None and isinstance(born.node, ast.expr)
        else None
    )
    return case.finding("TW704", what, why=why, fix=fix, mend=change.mend if change is not None else made)


def _argument(case: Case, made: Spot, name: str, position: int) -> Spot | None:
    """An argument of the scheduler, by name or position."""
    if not isinstance(made.node, ast.Call):
        return None
    given = keyword_of(made.node, name)
    if given is None and len(made.node.args) > position:
        given = made.node.args[position]
    return made.at(given, ()) if given is not None else None


def resumed(case: Case) -> Finding:
    """A start at last_epoch without the state of a scheduler before."""
    what = note("last_epoch is set, but the optimizer knows no initial_lr to go on from")
    why = note("a scheduler is resumed by its own state: last_epoch alone needs an optimizer that had one before")
    here = failing_line(case)
    given = keyword_of(here.node, "last_epoch") if isinstance(here.node, ast.Call) else None
    fix = note("without last_epoch, then scheduler.load_state_dict(checkpoint[...])")
    return case.finding("TW704", what, why=why, fix=fix, mend=here.at(given, ()) if given is not None else here)


def no_momentum(case: Case) -> Finding:
    """A cyclic schedule over an optimizer without momentum."""
    here = failing_line(case)
    what = note("the optimizer has no momentum that the schedule could change")
    why = note("CyclicLR and OneCycleLR move the momentum against the rate, unless cycle_momentum=False")
    if isinstance(here.node, ast.Call):
        change = with_keyword(here, "cycle_momentum", "False")
        return case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)
    return case.finding("TW704", what, why=why, fix="cycle_momentum=False")


def impossible_steps(case: Case) -> Finding:
    """total_steps of 0, of a fraction, or not given at all."""
    here = failing_line(case)
    text = case.text
    if "OR" in text:
        what = note("OneCycleLR needs to know how many steps there will be")
        loader = next((name for name, _ in loaders(case)), "loader")
        change = (
            with_keyword(here, "total_steps", f"epochs * len({loader})") if isinstance(here.node, ast.Call) else None
        )
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
    known = loaders(case)
    code = " ".join(born.text.split())
    new = f"int({code})" if "." in value else f"max(1, {code})"
    if known and isinstance(born.node, ast.BinOp) and isinstance(born.node.op, ast.FloorDiv):
        new = f"len({known[0][0]})"
    if isinstance(born.node, ast.BinOp) and isinstance(born.node.op, ast.Div):
        new = f"{born.source.text(born.node.left)} // {born.source.text(born.node.right)}"
    change = replaced(born, born.node, new)
    why = note("{code} gives {value}", code=code, value=value)
    return case.finding("TW704", what, why=why, fix=change.text, mend=change.mend)


def chained(case: Case) -> Finding:
    """SequentialLR with a milestone too many, or schedulers of two optimizers."""
    here = failing_line(case)
    if "optimizer" in case.text and "one more" not in case.text:
        what = note("the schedulers belong to different optimizers")
        return case.finding("TW704", what, fix=note("build all of them with the same optimizer"), mend=here)
    milestones = keyword_of(here.node, "milestones") if isinstance(here.node, ast.Call) else None
    what = note("the number of milestones must be one less than the number of schedulers")
    why = note("each milestone is where the next scheduler takes over")
    return case.finding("TW704", what, why=why, fix=note("one milestone between each two schedulers"),
                        mend=here.at(milestones, ()) if milestones is not None else here)  # fmt: skip


def counts(case: Case, match: re.Match[str] | None) -> Finding:
    """Values or functions for another number of parameter groups."""
    what = note("the schedule has another number of values than the optimizer has parameter groups")
    if match is not None and match[2]:
        what = note("the schedule has {given} values, the optimizer {count} parameter groups", given=match[2],
                    count=match[1])  # fmt: skip
    why = note("one value for all groups, or one for each")
    return case.finding("TW704", what, why=why, fix=note("one value, or a list with one for each group"))
