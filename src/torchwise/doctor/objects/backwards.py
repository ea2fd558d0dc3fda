"""A search backwards through all that an expression was made of, for the place where something came in.

Where `Flow.before` follows one value, this looks at everything that may have gone into it: the items of a list, what was
appended to it, both branches, every `return`, what a loop goes over.
"""

import ast
from collections import deque
from collections.abc import Callable, Iterator

from torchwise.doctor.bindings import binding_of, bindings_in
from torchwise.doctor.flow import Flow
from torchwise.doctor.objects.definitions import definition_called, returns
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

MOST = 250  # expressions that are looked at
GROWING = {"append", "extend", "insert", "add", "add_module", "update"}


def expressions_behind(flow: Flow, start: Spot) -> Iterator[Spot]:
    """Every expression that may have gone into a value, the nearest first, itself included."""
    waiting: deque[Spot] = deque([start])
    met: set[object] = set()
    while waiting and len(met) < MOST:
        spot = waiting.popleft()
        key = (spot.node, spot.path, spot.caller.node if spot.caller is not None else None)
        if key in met:
            continue
        met.add(key)
        yield spot
        waiting.extend(_before(flow, spot))


def search_back(flow: Flow, start: Spot, is_it: Callable[[Spot], bool]) -> Spot | None:
    """The nearest expression (or part of one) behind a value that is what is looked for."""
    for spot in expressions_behind(flow, start):
        for node in walked(spot.node):
            if is_it(found := spot.at(node, ())):
                return found
    return None


def walked(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions in an expression, outermost first; not those in a lambda."""
    waiting = deque([node])
    while waiting:
        here = waiting.popleft()
        if isinstance(here, ast.expr):
            yield here
        if not isinstance(here, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(here))


def _before(flow: Flow, spot: Spot) -> Iterator[Spot]:
    """One step back from each part of an expression."""
    if spot.path and isinstance(spot.node, ast.Tuple | ast.List | ast.Dict | ast.IfExp):
        before = flow.before(spot)
        if before is not None:
            yield before
            return
    for node in walked(spot.node):
        part = spot.at(node, spot.path if node is spot.node else ())
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.IfExp):
            continue
        before = flow.before(part)
        if before is not None:
            yield before
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from _of_name(part, node)
        if isinstance(node, ast.Attribute) and before is None:
            yield from _of_property(flow, part, node.attr)
        if isinstance(node, ast.Call) and (definition := definition_called(flow, part)) is not None:
            for item in returns(definition.scope):
                if item.value is not None:
                    yield definition.spot(item.value)


def _of_name(spot: Spot, node: ast.Name) -> Iterator[Spot]:
    """What a loop goes over; all that a variable was given; what was put into a list."""
    found = binding_of(spot.source, node.id, node)
    if found is None:
        return
    binding, scope = found
    if binding.kind == "element":
        yield spot.at(binding.node, ())
    others = [other for other in bindings_in(scope, node.id) if other.kind == "value" and other is not binding]
    for other in sorted(others, key=lambda b: _distance(b.statement, binding.statement)):
        yield spot.at(other.node, other.path)
    yield from put_in(spot, node.id)


def _distance(statement: ast.AST, seen: ast.AST) -> tuple[bool, int]:
    """How far a statement stands before the one that gave a name its value; those behind it come last."""
    lines = getattr(seen, "lineno", 0) - getattr(statement, "lineno", 0)
    return lines < 0, abs(lines)


def _of_property(flow: Flow, spot: Spot, name: str) -> Iterator[Spot]:
    """What the properties of this name return."""
    for source in flow.sites.sources:
        for node in ast.walk(source.tree):
            if (isinstance(node, ast.FunctionDef) and node.name == name and node.decorator_list) and (
                any("property" in ast.unparse(item) for item in node.decorator_list)
            ):
                for item in returns(node):
                    if item.value is not None:
                        yield Spot(source, item.value)


def put_in(spot: Spot, name: str) -> Iterator[Spot]:
    """What was appended to a list (or stored in a dictionary) of this name or code in the function."""
    scope = spot.source.scope_of(spot.node)
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and call_name(node) in GROWING and isinstance(node.func, ast.Attribute):
            if spot.source.text(node.func.value) == name:
                for item in node.args:
                    yield spot.at(item, ())
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            base = node.targets[0].value
            if isinstance(base, ast.Name) and base.id == name:
                yield spot.at(node.value, ())
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            yield spot.at(node.value, ())
