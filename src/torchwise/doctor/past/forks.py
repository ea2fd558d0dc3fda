"""Two runs of the same code with different numbers: where the way of a value differs from that of its twin."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from torchwise.doctor.case import Case
from torchwise.doctor.flow import Flow
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.past.odd_calls import odd_call
from torchwise.doctor.spots import Built, Spot
from torchwise.doctor.syntax import call_name

DEEPEST = 10
THROUGH = {
    "len", "int", "max", "min", "set", "sorted", "unique", "nunique", "list", "str", "float", "bool", "Path", "item",
    "tuple", "size", "range", "numel", "format", "abspath",
}  # fmt: skip


def way(flow: Flow, spot: Spot) -> list[Spot]:
    """The steps back of a value, also through len(x), x + 1, not x and the like to what the number came from."""
    found: list[Spot] = []
    for _ in range(DEEPEST):
        found += flow.trail(spot)
        inner = behind_number(found[-1].node)
        if inner is None:
            break
        spot = found[-1].at(inner, ())
    return found


def behind_number(node: ast.AST) -> ast.expr | None:
    """The operand that a number was computed from; None where it is written or can't be told."""
    if isinstance(node, ast.UnaryOp):
        return node.operand
    if isinstance(node, ast.BinOp):
        return node.right if isinstance(node.left, ast.Constant) else node.left
    if isinstance(node, ast.BoolOp):
        return next((item for item in node.values if not isinstance(item, ast.Constant)), None)
    if isinstance(node, ast.Compare):
        return node.left
    if isinstance(node, ast.Subscript | ast.Starred):
        return node.value
    if isinstance(node, ast.Attribute):
        return node.value if node.attr in ("shape", "size", "columns") else None
    if isinstance(node, ast.Call) and call_name(node) in THROUGH:
        own = node.func.value if isinstance(node.func, ast.Attribute) else None
        if own is not None and not (isinstance(own, ast.Name) and own.id in ("torch", "np", "os", "math")):
            return own
        return next(iter(node.args), None)
    return None


def twin(spot: Spot, ours: Spot, theirs: Spot) -> Spot | None:
    """The same expression as if the code around it had been entered by another call."""
    if spot.caller is None:
        return None
    if spot.caller.node is ours.node:
        definition = spot.source.class_of(spot.source.scope_of(spot.node))
        built = Built(definition, theirs) if definition is not None else None
        return replace(spot, frame=None, caller=theirs, receiver=built)
    around = twin(spot.caller, ours, theirs)
    return replace(spot, frame=None, caller=around) if around is not None else None


def fork(case: Case, here: Spot, there: Spot | None) -> Spot | None:
    """The last step on the way of one value that its twin doesn't share; None if they never part."""
    if there is None:
        return None
    shared = {step.node for step in way(case.flow, there)}
    own = [step for step in way(case.flow, here) if step.node not in shared]
    return own[-1] if own else None


def changed(case: Case, given: Spot, value: object) -> Change:
    """Another number for an expression: where it was written, if it serves nothing else, else at the last own step."""
    steps = case.flow.trail(given)
    born = steps[-1]
    if (odd := odd_call(case, born, value)) is not None:
        return odd
    if isinstance(born.node, ast.Constant) and not case.layers.is_shared(born, given):
        return rewritten(born, born.node, repr(value))
    last = given
    for step in steps:
        if isinstance(step.node, ast.Constant):
            break
        last = step
        if isinstance(step.node, ast.Name | ast.Attribute) and _is_read_twice(step):
            break
    return rewritten(last, last.node, repr(value))


def _is_read_twice(step: Spot) -> bool:
    """Whether the function reads a name more than once, so that another value would move other places too."""
    same = ast.dump(step.node)
    return sum(ast.dump(node) == same for node in ast.walk(step.source.scope_of(step.node))) > 1


def calls_around(spot: Spot) -> Iterator[Spot]:
    """The calls that led to an expression, the innermost first."""
    here = spot.caller
    while here is not None:
        yield here
        here = here.caller
