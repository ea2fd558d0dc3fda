"""Moves that go over a list of names, which lacks one: keys of a batch, attributes of a batch object."""

import ast

from torchwise.doctor.births.moves import is_move
from torchwise.doctor.births.way import Way
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced


def forgotten_key(case: Case, way: Way) -> tuple[Change, str] | None:
    """The list of names that are moved, with the one that it lacks."""
    for step in way:
        node = step.node
        name: str | None = None
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        ):
            name = node.slice.value
        elif isinstance(node, ast.Attribute):
            name = node.attr
        elif step.spot.path and isinstance(step.spot.path[0], str):
            name = step.spot.path[0]
        if name is None:
            continue
        for source in case.flow.sites.sources:
            found = _lists(case, source, name)
            if found is not None:
                return found, name
    return None


def _lists(case: Case, source: Source, name: str) -> Change | None:
    """A list of names without this one, over which a move goes or which it asks."""
    for node in ast.walk(source.tree):
        if not is_move(node):
            continue
        for names in _names_around(source, node):
            spot = case.flow.born(_spot(case, source, names))
            items = getattr(spot.node, "elts", None)
            if not isinstance(spot.node, ast.Tuple | ast.List | ast.Set) or not items:
                continue
            values = [item.value if isinstance(item, ast.Constant) else None for item in items]
            if all(isinstance(value, str) for value in values) and name not in values:
                text = spot.source.text(items[-1])
                quote = text[0] if text[:1] in ("'", '"') else '"'
                return replaced(spot, items[-1], f"{text}, {quote}{name}{quote}", least=spot.node)
    return None


def _spot(case: Case, source: Source, node: ast.AST) -> Spot:
    """A node as a spot with its callers, by the frame or the call of its function."""
    from torchwise.doctor.births.modules import calls, live

    spot = live(case, source, node)
    scope = source.scope_of(node)
    if spot.frame is None and isinstance(scope, ast.FunctionDef):
        caller = next(calls(case, scope.name), None)
        return Spot(source, node, caller=caller)
    return spot


def _names_around(source: Source, node: ast.AST) -> list[ast.expr]:
    """The lists that a move goes over, or in which a name is looked for: `for name in NAMES`, `if name in NAMES`."""
    found: list[ast.expr] = []
    here: ast.AST | None = node
    while here is not None and not isinstance(here, ast.FunctionDef | ast.Module):
        if isinstance(here, ast.For):
            found.append(here.iter)
        if isinstance(here, ast.DictComp | ast.ListComp | ast.GeneratorExp | ast.SetComp):
            for generator in here.generators:
                found.append(generator.iter)
                found += [c for test in generator.ifs for c in _looked_in(test)]
        if isinstance(here, ast.IfExp | ast.If):
            found += _looked_in(here.test)
        here = source.parents.get(here)
    return found


def _looked_in(test: ast.AST) -> list[ast.expr]:
    """The lists of `name in NAMES`."""
    return [
        node.comparators[0] for node in ast.walk(test)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In)
    ]  # fmt: skip
