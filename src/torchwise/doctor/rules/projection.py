"""The layer that a shortcut needs where the branch beside it changes the size: where it was left out."""

import ast
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.shapes import Way
from torchwise.doctor.source import Source, class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import method_of
from torchwise.finding import Mend
from torchwise.texts import note

SHORTCUTS = ("short", "skip", "down", "proj", "resid", "ident", "match", "adapt", "bypass")


@dataclass(frozen=True, eq=False)
class Choice:
    """A condition, and whether the shortcut stays without a layer where it is true."""

    spot: Spot
    is_true: bool


def projection_missing(
    case: Case, way: Way, one: int, other: int, stride: int, names: tuple[str, ...]
) -> Change | None:
    """Where the block decides whether its shortcut has a layer: the condition, or the Identity in its place.

    one, other: the channels around and through. names: the variables that must be equal (channels in and out), or the
    one that must be 1 (the stride), for a shortcut without a layer; empty where they are not known.
    """
    block = way.failed.within[-1] if way.failed is not None and way.failed.within else None
    if block is None:
        return None
    for source, definition in class_nodes(type(block)):
        init = method_of(definition, "__init__")
        for statement in ast.walk(init) if init is not None else ():
            spot = Spot(source, statement, receiver=block)
            if not isinstance(statement, ast.Assign) or not _is_nothing(statement, block):
                continue
            choice = _choice(case, spot, statement)
            if choice is not None and names:
                return _widened(choice, names)
            found = choice.spot if choice is not None else spot
            text = note("nn.Conv2d({one}, {other}, 1, stride={stride})", one=one, other=other, stride=stride)
            return Change(Mend(file=found.file, line=found.line), text, found)
    return None


def _is_nothing(statement: ast.Assign, block: nn.Module) -> bool:
    """Whether a statement makes an attribute for the shortcut that holds no layer in this block."""
    target = statement.targets[0]
    if not isinstance(target, ast.Attribute) or not any(word in target.attr.lower() for word in SHORTCUTS):
        return False
    held = block._modules.get(target.attr, vars(block).get(target.attr))
    return held is None or isinstance(held, nn.Identity) or (isinstance(held, nn.Sequential) and not len(held))


def _choice(case: Case, spot: Spot, statement: ast.Assign) -> Choice | None:
    """The condition under which the shortcut has no layer, where it is computed."""
    value = statement.value
    if isinstance(value, ast.IfExp):
        return Choice(_computed(case, spot.at(value.test, ())), _gives_nothing(value.body))
    around = _if_around(spot.source, statement)
    if around is not None:
        return Choice(_computed(case, spot.at(around.test, ())), statement in around.body and _gives_nothing(value))
    for node in ast.walk(
        spot.source.scope_of(statement)
    ):  # self.short = None, and `if ...: self.short = nn.Conv2d(...)`
        if isinstance(node, ast.If) and any(
            isinstance(item, ast.Assign) and ast.dump(item.targets[0]) == ast.dump(statement.targets[0])
            for item in node.body
        ):
            return Choice(_computed(case, spot.at(node.test, ())), False)
    return None


def _gives_nothing(value: ast.expr) -> bool:
    """Whether an expression is None, an Identity or an empty Sequential."""
    if isinstance(value, ast.Constant):
        return value.value is None
    return isinstance(value, ast.Call) and not value.args and not value.keywords


def _computed(case: Case, spot: Spot) -> Spot:
    return case.flow.born(spot) if isinstance(spot.node, ast.Name) else spot


def _if_around(source: Source, node: ast.AST) -> ast.If | None:
    here = source.parents.get(node)
    while here is not None and not isinstance(here, ast.FunctionDef):
        if isinstance(here, ast.If):
            return here
        here = source.parents.get(here)
    return None


def _widened(choice: Choice, names: tuple[str, ...]) -> Change:
    """The condition with what it leaves out: `cin != cout or stride != 1`."""
    sign, joint = ("==", "and") if choice.is_true else ("!=", "or")
    further = f"{names[0]} {sign} {names[1] if len(names) > 1 else 1}"
    node = choice.spot.node
    text = " ".join(choice.spot.source.text(node).split())
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or if choice.is_true else ast.And):
        text = f"({text})"
    return rewritten(choice.spot, node, f"{text} {joint} {further}")
