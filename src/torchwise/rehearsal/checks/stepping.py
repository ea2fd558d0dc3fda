"""The training step: gradients that are never cleared, cleared too early, or never used."""

import ast
from collections.abc import Iterator

from torchwise.finding import Finding
from torchwise.rehearsal.lineage import lineage
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Backward, OptimizerMade, Scaling, Step, ZeroGrad
from torchwise.texts import note

SCHEDULERS = ("LR", "Plateau", "WarmRestarts", "Scheduler")  # how the names of those end that take an optimizer


def never_cleared(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A step that uses gradients summed up with those that the step before has used already."""
    for step in rehearsed.steps:
        backward = next((e for e in reversed(rehearsed.backwards) if e.at < step.at and e.stale & step.stale), None)
        if backward is not None:
            name = rehearsed.optimizer_name(step.optimizer)
            yield rehearsed.finding(
                "TW713", backward.site,
                note("the gradients of {count} parameters are added to those that {name}.step() has used already",
                     count=len(step.stale), name=name),
                why=note("backward adds to .grad; without zero_grad each step follows the sum of all steps before"),
                fix=note("{code} before backward", code=f"{name}.zero_grad()"),
            )  # fmt: skip


def cleared_too_early(rehearsed: Rehearsed) -> Iterator[Finding]:
    """zero_grad between backward and step: the step has nothing to follow."""
    for step in rehearsed.steps:
        if any(step.norms.values()):
            continue
        held = frozenset(step.parameters)
        last = None
        for event in reversed(rehearsed.record.events[: step.at]):
            if (isinstance(event, Backward) and event.reached & held) or (
                isinstance(event, Step) and event.optimizer == step.optimizer
            ):
                break
            if isinstance(event, ZeroGrad) and event.dropped & held:
                last = event
        if last is not None and last.dropped & held:
            yield rehearsed.finding(
                "TW714", last.site.beside(step.site), note("zero_grad() stands between backward() and step()"),
                why=note("it clears the gradients that the step was to use: the weights never change"),
                fix=note("clear the gradients before backward, or after step"),
            )  # fmt: skip


def never_stepped(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Gradients are computed for the parameters of an optimizer that is never told to step."""
    if _updated_by_hand(rehearsed) or any(isinstance(event, Scaling) for event in rehearsed.record.events):
        return
    for made in rehearsed.optimizers_made:
        own = set(made.parameters) - rehearsed.stepped
        ran = [event for event in rehearsed.backwards if event.reached & own]
        if len(ran) >= 2 and own == set(made.parameters) and _is_never_told(made):
            yield rehearsed.finding(
                "TW715", ran[0].site,
                note("backward ran {count} times, and this {kind} made no step", count=len(ran), kind=made.kind),
                why=note("backward only computes the gradients; {kind}.step() changes the weights", kind=made.kind),
                fix=note("{code} after backward", code="optimizer.step()"),
            )  # fmt: skip


def _is_never_told(made: OptimizerMade) -> bool:
    """Whether the variable of an optimizer is used, but not for a step, nor by anything that might do it."""
    source, node = made.site.source, made.site.node
    statement = source.statement_of(node) if source is not None and node is not None else None
    if source is None or not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0].id
    for use in ast.walk(source.tree):
        if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load):
            around = source.parents[use]
            is_other = isinstance(around, ast.Attribute) and around.attr != "step"
            is_schedule = isinstance(around, ast.Call) and ast.unparse(around.func).endswith(SCHEDULERS)
            if not is_other and not is_schedule:
                return False
    return True


def _updated_by_hand(rehearsed: Rehearsed) -> bool:
    for op in rehearsed.record.ops:
        if op.is_in_place and op.inputs and op.module is None and not op.grad_enabled:
            if any(found.parameter is not None for found in lineage(op.inputs[0])):
                return True
    return False


RULES = (never_cleared, cleared_too_early, never_stepped)
