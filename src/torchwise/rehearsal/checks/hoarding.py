"""Losses that are kept with their graph: in a list, or in a running sum."""

import ast
from collections.abc import Iterator

from torchwise.finding import Finding, Mend
from torchwise.rehearsal.lineage import has_grad
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Event, Op
from torchwise.texts import note

FEWEST = 3  # losses of earlier steps that are still held: a list of them, not a variable


def kept_graphs(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Losses that are kept with their graph, step by step."""
    worst = max(rehearsed.backwards, key=lambda event: event.kept, default=None)
    if worst is not None and worst.kept >= FEWEST:
        yield rehearsed.finding(
            "TW723", worst.site,
            note("{count} losses of earlier steps are still held with their graphs", count=worst.kept),
            why=note("each keeps what its step computed: the memory grows until it is full"),
            fix=note("keep the number: {code}", code="loss.item()"),
            mend=_keeper(rehearsed, worst),
        )  # fmt: skip
        return
    for op in rehearsed.record.ops:
        chain = _chain(rehearsed, op)
        if chain >= FEWEST:
            yield rehearsed.finding(
                "TW723", op.site, note("the sum of {count} losses still holds the graph of each", count=chain),
                why=note("each keeps what its step computed: the memory grows until it is full"),
                fix=note("add the number: {code}", code="loss.item()"),
            )  # fmt: skip
            return


def _chain(rehearsed: Rehearsed, op: Op) -> int:
    """How many losses a running sum holds that a backward has been through already."""
    count, here = 0, op
    while here.name == "add" and has_grad(here) and here.inputs and here.fact is not None and not here.fact.shape:
        walked = [item for item in here.inputs if rehearsed.walked_at.get(id(_unscaled(item)), here.at + 1) < here.at]
        before = [item for item in here.inputs if item.name == "add" and item.site.line == here.site.line]
        if not walked:
            break
        count += 1
        if not before:
            break
        here = before[0]
    return count


def _unscaled(op: Op) -> Op:
    """What was multiplied by a number, or divided by one: loss for loss * len(batch)."""
    while op.name in ("mul", "div") and len(op.inputs) == 1:
        op = op.inputs[0]
    return op


def _keeper(rehearsed: Rehearsed, event: Event) -> Mend | None:
    """The line that appends the loss to a list."""
    source, line = event.site.source, event.site.line
    for node in ast.walk(source.tree) if source is not None else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            if (
                node.args
                and isinstance(node.args[0], ast.Name)
                and "loss" in node.args[0].id
                and node.lineno > line - 15
            ):
                return Mend(file=event.site.file, line=node.lineno)
    return None


RULES = (kept_graphs,)
