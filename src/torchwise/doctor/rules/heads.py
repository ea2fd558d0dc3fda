"""Heads of attention that don't divide the embedding size."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.arguments import argument_of_layer
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.finding import Finding, Seen
from torchwise.texts import note

FEATURES = ("embed_dim", "d_model")
HEADS = ("num_heads", "nhead")
USUAL = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, eq=False)
class Split:
    """Features to be split into heads, each number with its place in the code, if it is known."""

    features: int
    heads: int
    features_spot: Spot | None
    heads_spot: Spot | None
    around: ast.AST | None = None


def heads_do_not_divide(case: Case) -> Iterator[Finding]:
    """TW217: the embedding size can't be split evenly into the heads."""
    split = _of_layer(case) or _of_assertion(case)
    if split is not None:
        yield from split_findings(case, split)


def split_findings(case: Case, split: Split, seen: tuple[Seen, ...] | None = None) -> Iterator[Finding]:
    """Another number of heads, or other features: the less usual number is the odd one."""
    features, heads = split.features, split.heads
    what = note("{heads} heads don't divide the {features} features", heads=heads, features=features)
    why = note(
        "each head gets features / heads, a whole number; {features} / {heads} is {each}",
        features=features, heads=heads, each=round(features / heads, 2),
    )  # fmt: skip
    fewer, wider = nearest_divisor(features, heads), nearest_multiple(features, heads)
    options = [(split.heads_spot, fewer), (split.features_spot, wider)]
    if heads in USUAL and (features % 8 or fewer == 1):
        options.reverse()
    sure = True
    for spot, number in options:
        change = _change(case, spot, number, split)
        if change is not None:
            yield case.finding("TW217", what, why=why if sure else "", fix=change.text, mend=change.mend, sure=sure,
                               seen=seen)  # fmt: skip
            sure = False
    if sure:
        fix = note("{heads} heads, or {features} features", heads=fewer, features=wider)
        yield case.finding("TW217", what, why=why, fix=fix, seen=seen)


def _change(case: Case, spot: Spot | None, number: int, split: Split) -> Change | None:
    return number_change(case, spot, number, split.around, everywhere=True) if spot is not None else None


def nearest_divisor(features: int, heads: int) -> int:
    """The number of heads nearest to the wanted one that divides the features; of two the larger."""
    divisors = [n for n in range(1, features + 1) if features % n == 0]
    return min(divisors, key=lambda n: (abs(n - heads), -n))


def nearest_multiple(features: int, heads: int) -> int:
    """The number of features nearest to the wanted one that the heads divide; at least one for each."""
    return max(heads, round(features / heads) * heads)


def _of_layer(case: Case) -> Split | None:
    """One of torch's layers refused when it was built."""
    frame = next((f for f in reversed(case.inner) if f.function == "__init__" and "num_heads" in f.locals), None)
    node = case.frame.node if case.frame is not None else None
    if frame is None or not isinstance(node, ast.Call):
        return None
    features, heads = frame.locals.get("embed_dim"), frame.locals["num_heads"]
    if features is None or not _is_split(features, heads):
        return None
    site = case.spot(node)
    cls: Any = case.operation.callee if case.operation is not None else None
    if not isinstance(cls, type):
        return Split(features, heads, None, None)
    places = [argument_of_layer(site, cls, *names) for names in (FEATURES, HEADS)]
    return Split(features, heads, places[0], places[1], node)


def _of_assertion(case: Case) -> Split | None:
    """The user's own check: assert dim % heads == 0, or the same with `if` and `raise`."""
    frame = case.frame
    if (
        frame is None
        or frame.node is None
        or frame.source is None
        or not isinstance(case.error, AssertionError | ValueError)
    ):
        return None
    statement: ast.AST | None = frame.source.statement_of(frame.node)
    if isinstance(statement, ast.Raise):
        statement = frame.source.parents.get(statement)
    test = statement.test if isinstance(statement, ast.Assert | ast.If) else None
    for node in ast.walk(test) if test is not None else ():
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            left, right = case.spot(node.left), case.spot(node.right)
            features, heads = (sizes_of(case).value(spot) for spot in (left, right))
            if _is_split(features, heads) and "head" in right.text.lower():
                return Split(features, heads, left, right)
    return None


def _is_split(features: Any, heads: Any) -> bool:
    return isinstance(features, int) and isinstance(heads, int) and heads > 0 and bool(features % heads)


RULES = (heads_do_not_divide,)
