"""A helper of the user's that computes the size of a layer by a formula which is off: conv_len without its + 1."""

import ast
from collections.abc import Callable, Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.definitions import definition_called, returns
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import grafted, replaced

DEEPEST = 40  # steps into a formula
OPERATIONS: dict[type[ast.operator], Callable[[int, int], int | None]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b if b else None, ast.Mod: lambda a, b: a % b if b else None,
}  # fmt: skip


class Formulas:
    """The value of a size that helpers compute, with one of their formulas written otherwise.

    entered: the helpers' results that were met, each with how often. instead: a formula and what stands for it.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.entered: dict[ast.AST, list[Spot]] = {}
        self.instead: dict[ast.AST, ast.expr] = {}

    def value(self, spot: Spot, depth: int = 0) -> int | None:
        """The number that an expression gives; None if that can't be told."""
        node = spot.node
        if depth > DEEPEST:
            return None
        if isinstance(node, ast.Constant):
            return node.value if type(node.value) is int else None
        if isinstance(node, ast.BinOp) and (operation := OPERATIONS.get(type(node.op))) is not None:
            left, right = (self.value(spot.at(side, ()), depth + 1) for side in (node.left, node.right))
            return operation(left, right) if left is not None and right is not None else None
        if isinstance(node, ast.Call) and (definition := definition_called(self.case.flow, spot)) is not None:
            results = [item.value for item in returns(definition.scope) if item.value is not None]
            if len(results) == 1:
                self.entered.setdefault(results[0], []).append(spot)
                return self.value(definition.spot(self.instead.get(results[0], results[0])), depth + 1)
        before = self.case.flow.before(spot)
        if before is not None:
            return self.value(before, depth + 1)
        value = spot.value()
        return value if type(value) is int else None


def formula_mended(case: Case, given: Spot | None, now: int, wanted: int) -> Change | None:
    """A helper's formula written so that a size becomes another one, if the helper serves this size alone."""
    formulas = Formulas(case)
    if given is None or formulas.value(given) != now:
        return None
    for result, calls in list(formulas.entered.items()):
        definition = definition_called(case.flow, calls[0])
        if definition is None or _calls(case, call_name(calls[0].node)) != len({call.node for call in calls}):
            continue
        place = definition.spot(result)
        for part, text in _otherwise(place):
            if (other := grafted(place, part, text)) is None:
                continue
            formulas.instead = {result: other}
            if formulas.value(given) == wanted:
                return replaced(place, part, text)
    return None


def _calls(case: Case, name: str) -> int:
    """How often a helper is called in the program."""
    nodes = (node for source in case.flow.sites.sources for node in source.parents)
    return sum(isinstance(node, ast.Call) and call_name(node) == name for node in nodes)


def _otherwise(place: Spot) -> Iterator[tuple[ast.AST, str]]:
    """The slips in formulas of a layer's output: a 1 too few or too many, a padding that counts on one side only."""
    node, text = place.node, place.source.text
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        yield node, f"{place.text} + 1"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and text(node.right) == "1":
        yield node, text(node.left)
    for part in ast.walk(node):
        parent = place.source.parents.get(part)
        is_padding = isinstance(part, ast.Name | ast.Attribute) and "pad" in text(part).lower()
        if is_padding and isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add | ast.Sub):
            yield part, f"2 * {text(part)}"
