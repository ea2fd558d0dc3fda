"""Plain numbers that the making of data depends on: the image size of a configuration, the patch of a data set."""

import ast

from torchwise.doctor.case import Case
from torchwise.doctor.layerwise.arrivals import Arrival
from torchwise.doctor.source import class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import method_of

MOST = 300  # expressions looked at


def sizes_behind(case: Case, arrival: Arrival | None, value: int) -> list[Spot]:
    """The numbers of this value that the making of a tensor depends on, each once."""
    waiting = list(arrival.way) if arrival is not None else []
    seen: set[ast.AST] = set()
    found: list[Spot] = []
    count = 0
    while waiting and count < MOST:
        spot = waiting.pop(0)
        if spot.node in seen:
            continue
        for node in ast.walk(spot.node):
            if node in seen:
                continue
            seen.add(node)
            inner = spot.at(node, ())
            if isinstance(node, ast.Constant) and node.value == value and not isinstance(node.value, bool):
                found.append(inner)
            elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                count += 1
                before = case.flow.before(inner)
                while before is not None and before.path:  # of a tuple only the part that is meant
                    before = case.flow.before(before)
                if before is None or isinstance(before.node, ast.ClassDef | ast.FunctionDef):
                    continue
                waiting.append(before)
                seen.update(ast.walk(node))  # of cfg.size only the size, not all that cfg holds
            elif isinstance(node, ast.Call) and (method := _method(spot, node)) is not None:
                waiting.append(method)
    return found


def _method(spot: Spot, node: ast.Call) -> Spot | None:
    """The method of the same object that is called."""
    function = node.func
    if (
        not isinstance(function, ast.Attribute)
        or not isinstance(function.value, ast.Name)
        or function.value.id != "self"
    ):
        return None
    owners = class_nodes(type(spot.receiver)) if spot.receiver is not None else []
    definition = spot.source.class_of(spot.source.scope_of(node))
    if not owners and definition is not None:
        owners = [(spot.source, definition)]
    for source, owner in owners:
        if (method := method_of(owner, function.attr)) is not None:
            return Spot(source, method, receiver=spot.receiver)
    return None
