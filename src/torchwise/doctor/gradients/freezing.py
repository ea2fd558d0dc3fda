"""Where weights were frozen: the loop, the call or the helper that set requires_grad to False."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.past.calls import held
from torchwise.doctor.past.events import Ran, ran_before
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name


@dataclass(frozen=True, eq=False)
class Freeze:
    """One place that freezes. subject: the expression of the module, such as model. test: the `if` it depends on."""

    spot: Spot
    subject: Spot
    test: Spot | None


def freezes(case: Case) -> Iterator[Freeze]:
    """All places that froze weights, the last one first."""
    for ran in reversed(ran_before(case)):
        subject = _subject(ran)
        if subject is None:
            continue
        test = _test(ran.spot)
        where = _loop(ran.spot)
        trail = case.flow.trail(subject)
        if (
            isinstance(subject.node, ast.Name)
            and len(trail) > 1
            and ran.spot.caller is not None
            and _is_parameter(subject)
        ):
            yield Freeze(ran.spot.caller, trail[1], test)  # a helper that freezes what it is given
        else:
            yield Freeze(where, subject, test)


def frozen_whole(case: Case, module: nn.Module) -> Freeze | None:
    """The place that froze a module whole."""
    parts = set(module.modules())
    best = None
    for freeze in freezes(case):
        value = held(case.flow, freeze.subject)
        if value is module:
            return freeze
        if value is None or (isinstance(value, nn.Module) and (module in set(value.modules()) or value in parts)):
            best = best or freeze
    return best


def _subject(ran: Ran) -> Spot | None:
    """The module whose parameters a statement freezes."""
    node, spot = ran.spot.node, ran.spot
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
        target = node.targets[0]
        if target.attr != "requires_grad" or (isinstance(node.value, ast.Constant) and node.value.value):
            return None
        return _parameters(spot, target.value)
    if isinstance(node, ast.Call) and call_name(node) == "requires_grad_" and isinstance(node.func, ast.Attribute):
        first = next(iter(node.args), None)
        if first is None or (isinstance(first, ast.Constant) and first.value):
            return None
        return _parameters(spot, node.func.value)
    return None


def _parameters(spot: Spot, node: ast.expr) -> Spot | None:
    """X of `for p in X.parameters()`; the expression itself where it isn't the variable of such a loop."""
    if isinstance(node, ast.Name):
        found = binding_of(spot.source, node.id, node)
        if found is not None and found[0].kind == "element":
            for call in ast.walk(found[0].node):
                if isinstance(call, ast.Call) and call_name(call) in (
                    "parameters",
                    "named_parameters",
                    "children",
                    "modules",
                ):
                    assert isinstance(call.func, ast.Attribute) or True, "a method"
                    return spot.at(call.func.value, ()) if isinstance(call.func, ast.Attribute) else None
    return spot.at(node, ())


def _is_parameter(spot: Spot) -> bool:
    assert isinstance(spot.node, ast.Name), "asked for names"
    found = binding_of(spot.source, spot.node.id, spot.node)
    return found is not None and found[0].kind == "parameter"


def _test(spot: Spot) -> Spot | None:
    """The `if` around a statement, inside of its loop."""
    here = spot.source.parents.get(spot.source.statement_of(spot.node))
    return spot.at(here.test, ()) if isinstance(here, ast.If) else None


def _loop(spot: Spot) -> Spot:
    """The loop around a statement, which says what is frozen; the statement itself where there is none."""
    here = spot.source.parents.get(spot.source.statement_of(spot.node))
    while here is not None and not isinstance(here, ast.FunctionDef | ast.Module):
        if isinstance(here, ast.For):
            return spot.at(here, ())
        here = spot.source.parents.get(here)
    return spot
