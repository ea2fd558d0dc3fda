"""Where a None began: the function without a `return`, the None that was written, the method that gives nothing."""

import ast
from dataclasses import dataclass
from typing import Literal

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.flow import Flow
from torchwise.doctor.objects.definitions import (
    Definition,
    can_fall_off,
    definition_called,
    ends_by_itself,
    gives_nothing,
    last_statement,
    returns,
)
from torchwise.doctor.source import Scope
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

DEEPEST = 40
GIVE_NOTHING = {
    "append", "extend", "insert", "backward", "zero_grad", "sort", "reverse", "shuffle", "update", "add", "clear",
    "print", "seed", "fill", "savefig", "setattr", "remove", "add_module", "register_buffer", "register_parameter",
}  # fmt: skip
MAY_GIVE_NOTHING = {"get", "getattr", "imread", "match", "search", "pop", "setdefault"}


@dataclass(frozen=True, eq=False)
class Nothing:
    """Where a None began.

    kind: a function that ends without a value ("no return"), a None in the code ("literal"), a method that gives nothing
    ("method"), a look-up that may find nothing ("look-up"), a library's call. spot: that expression, or the last line.
    """

    kind: Literal["no return", "literal", "method", "look-up", "call", "unknown"]
    spot: Spot
    definition: Definition | None = None


def origin_of_nothing(flow: Flow, spot: Spot) -> Nothing:
    """Where the None that an expression gave began."""
    for _ in range(DEEPEST):
        node = spot.node
        if isinstance(node, ast.Constant) and node.value is None:
            return Nothing("literal", spot)
        if isinstance(node, ast.Call):
            definition = definition_called(flow, spot)
            if definition is not None:
                found = nothing_of(definition)
                if found is not None and not spot.path:
                    return found
            elif (kind := _kind_of_call(node)) != "call":
                return Nothing(kind, spot)
        if isinstance(node, ast.IfExp | ast.BoolOp) and (literal := _literal_in(spot)) is not None:
            return Nothing("literal", literal)
        if (call := _assigned_from_method(spot)) is not None:
            return Nothing("method", call)
        if (literal := _started_as_none(flow, spot)) is not None:
            return Nothing("literal", literal)
        before = flow.before(spot)
        if before is None:
            return Nothing("call" if isinstance(node, ast.Call) else "unknown", spot)
        spot = before
    return Nothing("unknown", spot)


def _kind_of_call(node: ast.Call) -> Literal["method", "look-up", "call"]:
    name = call_name(node)
    if name in GIVE_NOTHING or (name.endswith("_") and name.startswith("init")):
        return "method"
    return "look-up" if name in MAY_GIVE_NOTHING else "call"


def nothing_of(definition: Definition) -> Nothing | None:
    """Where a function gives nothing; None if each of its ends returns a value."""
    scope = definition.scope
    if not can_fall_off(scope):
        return None
    given = returns(scope)
    empty = [node for node in given if gives_nothing(node)]
    falls = not isinstance(scope, ast.Lambda) and ends_by_itself(scope.body)
    if empty and not falls:
        return Nothing("literal", definition.spot(empty[-1]), definition)
    last = last_statement(scope)
    if last is None:
        return None
    return Nothing("no return", definition.spot(last), definition)


def _literal_in(spot: Spot) -> Spot | None:
    """The None among the branches of `a if b else None`."""
    node = spot.node
    branches: list[ast.expr] = []
    if isinstance(node, ast.IfExp):
        branches = [node.body, node.orelse]
    for branch in branches:
        if isinstance(branch, ast.Constant) and branch.value is None:
            return spot.at(branch, ())
    return None


def _assigned_from_method(spot: Spot) -> Spot | None:
    """`x = x.append(...)`, from an earlier turn of the loop too."""
    node = spot.node
    if not isinstance(node, ast.Name) or spot.path:
        return None
    for binding in bindings_in(spot.source.scope_of(node), node.id):
        made = binding.node
        if binding.kind == "value" and isinstance(made, ast.Call) and _kind_of_call(made) == "method":
            return spot.at(made, ())
    return None


def _started_as_none(flow: Flow, spot: Spot) -> Spot | None:
    """`x = None` at the beginning of a function, where the later assignments were not reached."""
    node = spot.node
    if not isinstance(node, ast.Name) or spot.path:
        return None
    scope: Scope = spot.source.scope_of(node)
    bound = [binding for binding in bindings_in(scope, node.id) if binding.kind == "value"]
    empty = [b for b in bound if isinstance(b.node, ast.Constant) and b.node.value is None]
    if not empty or len(bound) < 2:
        return None
    before = flow.before(spot)
    if before is not None and isinstance(before.node, ast.Call) and definition_called(flow, before) is not None:
        return None
    return spot.at(empty[0].node, ())
