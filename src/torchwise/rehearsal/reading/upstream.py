"""What a value was computed from: every expression upstream of it, over names, functions, classes and mutations."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import method_of, returns_of
from torchwise.rehearsal.reading.unrolled import Program

MOST = 3000
GROWING = ("append", "extend", "add", "update", "insert")


@dataclass(frozen=True, eq=False)
class Upstream:
    """Expressions that a value depends on. elements: whether a loop over something leads to one of them.

    open_ends: parameters of which it isn't known what they were given.
    """

    spots: tuple[Spot, ...]
    elements: tuple[Spot, ...] = ()
    open_ends: tuple[Spot, ...] = ()


def upstream(program: Program, spot: Spot) -> Upstream:
    """All that an expression was computed from, itself included."""
    found: list[Spot] = []
    elements: list[Spot] = []
    open_ends: list[Spot] = []
    seen: set[tuple[ast.AST, ast.AST | None]] = set()
    waiting = [spot]
    while waiting and len(found) < MOST:
        here = waiting.pop()
        key = (here.node, here.caller.node if here.caller is not None else None)
        if key in seen:
            continue
        seen.add(key)
        found.append(here)
        if isinstance(here.node, ast.Name):
            binding = binding_of(here.source, here.node.id, here.node)
            kind = binding[0].kind if binding is not None else ""
            before = program.flow.before(here)
            if kind == "element" and binding is not None:
                elements.append(here)
                waiting.append(here.at(binding[0].node, ()))
            elif before is not None:
                waiting.append(before)
            elif kind == "parameter":
                open_ends.append(here)
            elif kind == "value" and binding is not None:
                waiting.append(here.at(binding[0].node, ()))
            waiting += _changes(here, here.node.id)
        else:
            waiting += _parts(program, here)
    return Upstream(tuple(found), tuple(elements), tuple(open_ends))


def _parts(program: Program, here: Spot) -> Iterator[Spot]:
    """The expressions that one is made of, and what runs when it is called."""
    node = here.node
    if isinstance(node, ast.Call):
        entered = program.enters(here)
        if entered is not None and isinstance(node.func, ast.Name) and node.func.id != entered.node.name:  # type: ignore[attr-defined]
            owner = entered.source.class_of(entered.node)
            yield from _built(entered, here, owner)
        elif entered is not None:
            for value in returns_of(entered.node):  # type: ignore[arg-type]
                yield Spot(entered.source, value, caller=here)
    if isinstance(node, ast.Attribute) and (before := program.flow.before(here)) is not None:
        yield before
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield replace(here, node=child, path=())
        elif isinstance(child, ast.keyword):
            yield replace(here, node=child.value, path=())
        elif isinstance(child, ast.comprehension):
            yield replace(here, node=child.iter, path=())


def _built(entered: Spot, call: Spot, owner: ast.ClassDef | None) -> Iterator[Spot]:
    """What `__init__` stores in an object."""
    for item in ast.walk(entered.node) if owner is not None and method_of(owner, "__init__") else ():
        if isinstance(item, ast.Assign) and any("self." in ast.unparse(target) for target in item.targets):
            yield Spot(entered.source, item.value, caller=call)


def _changes(here: Spot, name: str) -> Iterator[Spot]:
    """What was put into an object under this name before: items that were set, elements that were appended."""
    scope = here.source.scope_of(here.node)
    line = getattr(here.node, "lineno", 0)
    for node in ast.walk(scope):
        if getattr(node, "lineno", line) >= line:
            continue
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Subscript) and base_name(target) == name:
                    yield here.at(node.value, ())
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in GROWING:
            given = node.args if ast.unparse(node.func.value) == name else []
            yield from (here.at(argument, ()) for argument in given)


def base_name(node: ast.AST) -> str:
    """The name that an expression of items, attributes and methods begins with: df for df.loc[:, "x"].values."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
