"""The layer that a shortcut needs where the branch beside it changes the size: where it was left out."""

import ast

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.shapes import Way
from torchwise.doctor.source import Source, class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import method_of
from torchwise.finding import Mend
from torchwise.texts import note

SHORTCUTS = ("short", "skip", "down", "proj", "resid", "ident", "match", "adapt", "residual")


def projection_missing(case: Case, way: Way, one: int, other: int, stride: int) -> Change | None:
    """Where the block decides whether its shortcut has a layer: the condition, or the Identity in its place."""
    block = way.failed.within[-1] if way.failed is not None and way.failed.within else None
    if block is None:
        return None
    for source, definition in class_nodes(type(block)):
        init = method_of(definition, "__init__")
        if init is None:
            continue
        for statement in ast.walk(init):
            found = _decision(case, Spot(source, statement, receiver=block), statement, block)
            if found is not None:
                text = note("nn.Conv2d({one}, {other}, 1, stride={stride}) around, also where this leaves it out",
                            one=one, other=other, stride=stride)  # fmt: skip
                return Change(Mend(file=found.file, line=found.line), text, found)
    return None


def _decision(case: Case, spot: Spot, statement: ast.AST, block: nn.Module) -> Spot | None:
    """The condition under which an attribute for the shortcut is made, if the statement makes one that does nothing."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    target = statement.targets[0]
    if not isinstance(target, ast.Attribute) or not any(word in target.attr.lower() for word in SHORTCUTS):
        return None
    held = block._modules.get(target.attr, getattr(block, "__dict__", {}).get(target.attr))
    is_nothing = held is None or isinstance(held, nn.Identity) or (isinstance(held, nn.Sequential) and not len(held))
    if not is_nothing:
        return None
    if isinstance(statement.value, ast.IfExp):
        return _condition(case, spot, statement.value.test)
    around = _if_around(spot.source, statement)
    return _condition(case, spot, around.test) if around is not None else spot.at(statement, ())


def _if_around(source: Source, node: ast.AST) -> ast.If | None:
    here = source.parents.get(node)
    while here is not None and not isinstance(here, ast.FunctionDef):
        if isinstance(here, ast.If):
            return here
        here = source.parents.get(here)
    return None


def _condition(case: Case, spot: Spot, test: ast.expr) -> Spot:
    """The condition, where it is computed."""
    return case.flow.born(spot.at(test, ())) if isinstance(test, ast.Name) else spot.at(test, ())
