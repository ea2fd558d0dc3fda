"""Layers that are built in a loop: how many ran, and the number or the list that says how many are built."""

import ast
from dataclasses import dataclass

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.numbers import callers, is_in_loop
from torchwise.doctor.layerwise.rewriting import worded
from torchwise.doctor.recorder import calls_of
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.shapes import Way
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

WRAPPERS = ("enumerate", "zip", "list", "tuple", "pairwise", "reversed")


@dataclass(frozen=True, eq=False)
class Repeat:
    """done: how many of the loop's layers of this kind have run. spot: what drives the loop. change: fewer turns."""

    done: int
    spot: Spot
    change: Change | None


def repeat_of(case: Case, way: Way, step: Step) -> Repeat | None:
    """The loop that built a layer, if it built others before that ran."""
    if step.module is None:
        return None
    calls, given = calls_of(step.module), step.inputs[0] if step.inputs else None
    before = {id(s.module): s.module for s in way.back(given) if s.module is not None and s.module is not step.module}
    done = sum(1 for module in before.values() if calls and calls_of(module) == calls)
    site = case.site_of(step.module)
    if not done or site is None:
        return None
    chain = [*callers(site), site]
    for spot in reversed(chain):
        if is_in_loop(spot) and (iterable := _iterable(spot)) is not None:
            return Repeat(done, *_driven(case, spot.at(iterable, ()), done))
    return None


def factory_call(case: Case, way: Way, step: Step) -> Spot | None:
    """The call of the factory that built a layer, where calls of it before built layers that ran: block(16, 32)."""
    site = case.site_of(step.module) if step.module is not None else None
    if step.module is None or site is None:
        return None
    given, calls = step.inputs[0] if step.inputs else None, calls_of(step.module)
    before = {id(s.module): s.module for s in way.back(given) if s.module is not None and s.module is not step.module}
    twins = [module for module in before.values() if calls and calls_of(module)[:1] == calls[:1]]
    chain = [spot.node for spot in [*callers(site), site]]
    if len(twins) < 2 or (other := case.site_of(twins[0])) is None:
        return None
    rival = [spot.node for spot in [*callers(other), other]]
    index = next((i for i, (a, b) in enumerate(zip(chain, rival, strict=False)) if a is not b), None)
    return [*callers(site), site][index] if index is not None else None


def _iterable(spot: Spot) -> ast.expr | None:
    """What the loop around an expression goes over."""
    here = spot.source.parents.get(spot.node)
    while here is not None and not isinstance(here, ast.FunctionDef | ast.Lambda):
        if isinstance(here, ast.For):
            return here.iter
        if isinstance(here, ast.ListComp | ast.GeneratorExp):
            return here.generators[0].iter
        here = spot.source.parents.get(here)
    return None


def _driven(case: Case, spot: Spot, done: int) -> tuple[Spot, Change | None]:
    """The number of turns, or the list, where it is written; and how fewer are written."""
    node, needed = spot.node, done
    while isinstance(node, ast.Call) and call_name(node) in WRAPPERS and node.args:
        needed += call_name(node) in ("zip", "pairwise")  # of n widths n - 1 layers are made
        node = node.args[0]
    if isinstance(node, ast.Call) and call_name(node) == "range" and node.args:
        count = spot.at(node.args[-1] if len(node.args) < 3 else node.args[1], ())
        if isinstance(count.node, ast.Call) and call_name(count.node) == "len" and count.node.args:
            return _driven(case, count.at(count.node.args[0], ()), done)
        born = case.flow.born(count)
        if isinstance(born.node, ast.Constant):
            first = node.args[0].value if len(node.args) > 1 and isinstance(node.args[0], ast.Constant) else 0
            turns = str(done + (first if isinstance(first, int) else 0))
            return born, worded(born, rewritten(born, born.node, turns), born.node)
        return count, None
    while isinstance(node, ast.Subscript):
        node = node.value
    born = case.flow.born(spot.at(node, ()))
    if isinstance(born.node, ast.List | ast.Tuple) and len(born.node.elts) > needed:
        items = ", ".join(born.source.text(item) for item in born.node.elts[:needed])
        return born, rewritten(born, born.node, f"[{items}]" if isinstance(born.node, ast.List) else f"({items})")
    for inner in ast.walk(born.node):  # [3] + [2**i for i in range(stages)], [64] * stages
        if isinstance(inner, ast.Call) and call_name(inner) == "range" and inner is not node:
            return _driven(case, born.at(inner, ()), done)
    return born, None
