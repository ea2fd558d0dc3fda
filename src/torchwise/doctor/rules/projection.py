"""The layer that a shortcut needs where the branch beside it changes the size: where it was left out."""

import ast
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.shapes import Way
from torchwise.doctor.source import Source, class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of, method_of
from torchwise.finding import Mend
from torchwise.texts import note

SHORTCUTS = ("short", "skip", "down", "proj", "resid", "ident", "match", "adapt", "bypass")


@dataclass(frozen=True, eq=False)
class Choice:
    """A condition, whether the shortcut stays without a layer where it is true, and the call that makes the layer."""

    spot: Spot
    is_true: bool
    layer: ast.Call | None = None

    def ends(self) -> tuple[str, ...]:
        """The channels from and to which the layer leads, as code."""
        arguments = self.layer.args if self.layer is not None else []
        return tuple(ast.unparse(item) for item in arguments[:2]) if len(arguments) > 1 else ()

    def stride(self) -> str:
        """The stride of the layer, as code."""
        if self.layer is None:
            return ""
        given = keyword_of(self.layer, "stride") or (self.layer.args[3] if len(self.layer.args) > 3 else None)
        return ast.unparse(given) if given is not None and not isinstance(given, ast.Constant) else ""


def projection_missing(
    case: Case, way: Way, sizes: tuple[int, int, int], names: tuple[str, ...], *, by_stride: bool
) -> Change | None:
    """Where the block decides whether its shortcut has a layer: the condition, or the Identity in its place.

    sizes: channels around and through, and the stride. names: the variables that must be equal (channels in and out),
    or the one that must be 1 (the stride), for a shortcut without a layer; empty where they are not known.
    """
    block = way.failed.within[-1] if way.failed is not None and way.failed.within else None
    if block is None:
        return None
    for source, definition in class_nodes(type(block)):
        init = method_of(definition, "__init__")
        for statement in ast.walk(init) if init is not None else ():
            if not isinstance(statement, ast.Assign) or not _is_nothing(statement, block):
                continue
            spot = Spot(source, statement, receiver=block, caller=case.site_of(block))
            choice = _choice(case, spot, statement)
            if choice is not None:
                own = (choice.stride(),) if by_stride else choice.ends()
                if wanted := own if all(own) and own else names:
                    return _widened(choice, wanted)
            found = choice.spot if choice is not None else spot
            text = note("nn.Conv2d({one}, {other}, 1, stride={stride})", one=sizes[0], other=sizes[1], stride=sizes[2])
            return Change(Mend(file=found.file, line=found.line), text, found)
    return None


def guard_missing(case: Case, way: Way, names: tuple[str, ...]) -> Change | None:
    """The condition on which a block adds its input at all, where it leaves out that the channels must be equal."""
    spot = way.users_spot(way.failed) if way.failed is not None else None
    if spot is None or not names:
        return None
    child, here = spot.node, spot.source.parents.get(spot.node)
    while here is not None and not isinstance(here, ast.FunctionDef):
        if isinstance(here, ast.If | ast.IfExp) and child is not here.test:
            first = here.body if isinstance(here.body, list) else [here.body]
            if child not in first:
                return None
            born = case.flow.born(spot.at(here.test, ()))
            is_made = isinstance(born.node, ast.Compare | ast.BoolOp)
            return _widened(Choice(born, True), names) if is_made else None
        child, here = here, spot.source.parents.get(here)
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
        is_true = _gives_nothing(value.body)
        return Choice(_computed(case, spot.at(value.test, ())), is_true, _made(value.orelse if is_true else value.body))
    around = _if_around(spot.source, statement)
    if around is not None:
        is_true = statement in around.body
        branch = around.orelse if is_true else around.body
        return Choice(_computed(case, spot.at(around.test, ())), is_true, _made(*branch))
    for step in [spot.at(statement.targets[0], ()), *case.flow.trail(spot.at(value, ()))]:
        found = _assigned_under(step)
        if found is not None:  # short = None, and `if ...: short = nn.Conv2d(...)`
            return Choice(_computed(case, step.at(found.test, ())), False, _made(*found.body))
    return None


def _assigned_under(step: Spot) -> ast.If | None:
    """The `if` of the same function in which a variable is given its layer."""
    if not isinstance(step.node, ast.Name | ast.Attribute):
        return None
    name = ast.unparse(step.node)
    for node in ast.walk(step.source.scope_of(step.node)):
        if isinstance(node, ast.If) and any(
            isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == name for item in node.body
        ):
            return node
    return None


def _made(*nodes: ast.AST) -> ast.Call | None:
    """The convolution or linear layer that code makes."""
    calls = [node for root in nodes for node in ast.walk(root) if isinstance(node, ast.Call)]
    return next((node for node in calls if call_name(node).startswith(("Conv", "Linear", "conv"))), None)


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
