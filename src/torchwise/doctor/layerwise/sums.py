"""Sums of sizes in code: the term of n_embedded + n_numbers that is not what was joined, and lists that were counted."""

import ast
from collections import Counter
from collections.abc import Sequence

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.places import uses_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.earlier import value_of
from torchwise.doctor.tracing.numbers import parameter_with, solved
from torchwise.doctor.tracing.rewriting import grafted


def summed_otherwise(case: Case, place: Spot, wanted: int, parts: tuple[int, ...]) -> Change | None:
    """A sum with its wrong term written anew, or the sum of a list that was counted; parts: the sizes that were joined.

    None if the expression is neither, or all of it may be wrong.
    """
    term = _odd_term(case, place, parts)
    spot, size = term if term is not None else (place, wanted)
    spot = _handed(case, _written(case, spot)) if term is not None else _written(case, spot)
    counted = _counted(case, spot, size) or _other_total(case, spot, size) or _other_list(case, spot, size)
    if counted is not None:
        return rewritten(spot, spot.node, counted)
    if term is None:
        return None
    change = solved(case, spot, size) if isinstance(spot.node, ast.BinOp) else None
    return change or rewritten(spot, spot.node, parameter_with(case, spot, size) or str(size))


def computed_item(case: Case, place: Spot, size: int) -> Spot | None:
    """The only item of a list in code that is computed, and gives a size."""
    items = getattr(place.node, "elts", [])
    computed = [item for item in items if not isinstance(item, ast.Constant | ast.Starred)]
    same = [item for item in computed if value_of(case.flow, place.at(item, ())) == size]
    return place.at(same[0], ()) if len(same) == 1 else None


def _odd_term(case: Case, place: Spot, parts: tuple[int, ...]) -> tuple[Spot, int] | None:
    """The only term of a sum that is none of the sizes, with what is left for it."""
    spots = [place.at(term, ()) for term in _terms(place.node)]
    values = [value_of(case.flow, spot) for spot in spots]
    found = []
    for index, spot in enumerate(spots if len(spots) > 1 else ()):
        others = Counter(values[:index] + values[index + 1 :])
        if _is_rest(parts, values, index):
            found.append((spot, parts[-1] if index else parts[0]))
        elif others <= Counter(parts) and (left := Counter(parts) - others):
            found.append((spot, sum(left.elements())))
    counted = [(spot, size) for spot, size in found if call_name(_written(case, spot).node) == "len"]
    found = counted if len(counted) == 1 else found
    return found[-1] if len({spot.text for spot, _ in found}) == 1 else None  # of below + below the second


def _is_rest(parts: tuple[int, ...], values: list[int | None], index: int) -> bool:
    """Whether the other of two terms is the sum of all parts but the last (or the first) one."""
    if len(values) != 2 or len(parts) < 3:
        return False
    return values[1 - index] == sum(parts[:-1] if index else parts[1:])


def _handed(case: Case, spot: Spot) -> Spot:
    """The count of a list that a parameter was given: Net(n_numbers=len(columns))."""
    before = case.flow.before(spot) if isinstance(spot.node, ast.Name) and len(uses_of(spot)) == 1 else None
    return before if before is not None and not before.path and call_name(before.node) == "len" else spot


def _other_list(case: Case, spot: Spot, size: int) -> str | None:
    """len(features) for len(columns), where one other list of the file is made from the counted one and has the size."""
    node = spot.node
    if call_name(node) != "len" or not isinstance(node, ast.Call) or not isinstance(node.args[0], ast.Name):
        return None
    names = [
        statement.targets[0].id
        for statement in spot.source.tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        and any(isinstance(part, ast.Name) and part.id == node.args[0].id for part in ast.walk(statement.value))
    ]  # fmt: skip
    texts = [f"len({name})" for name in dict.fromkeys(names)]
    nodes = [grafted(spot, node, text) for text in texts]
    fit = [
        text for text, made in zip(texts, nodes, strict=True)
        if made is not None and value_of(case.flow, spot.at(made, ())) == size
    ]  # fmt: skip
    return fit[0] if len(fit) == 1 else None


def _terms(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _written(case: Case, spot: Spot) -> Spot:
    """Where a variable that serves nothing else got its value in the same function."""
    while isinstance(spot.node, ast.Name) and len(uses_of(spot)) == 1:
        before = case.flow.before(spot)
        if before is None or before.source.scope_of(before.node) is not spot.source.scope_of(spot.node):
            break
        spot = before
    return spot


def _counted(case: Case, spot: Spot, size: int) -> str | None:
    """sum(sizes) for len(sizes), sum(item[1] for item in sizes) where each item has several numbers, len(names) * dim."""
    node = spot.node
    if not isinstance(node, ast.Call) or call_name(node) != "len" or len(node.args) != 1:
        return None
    items, text = value_of(case.flow, spot.at(node.args[0], ())), spot.source.text(node.args[0])
    if isinstance(items, list | tuple | dict) and items and size % len(items) == 0:
        width = parameter_with(case, spot, size // len(items))
        if width is not None:
            return f"{spot.text} * {width}"
    if isinstance(items, dict):
        items, text = list(items.values()), f"{text}.values()"
    if not isinstance(items, list | tuple) or not items:
        return None
    if _total(items) == size:
        return f"sum({text})"
    if not all(isinstance(item, list | tuple) and len(item) == len(items[0]) for item in items):
        return None
    columns = [index for index in range(len(items[0])) if _total([item[index] for item in items]) == size]
    return f"sum(item[{columns[0]}] for item in {text})" if len(columns) == 1 else None


def _other_total(case: Case, spot: Spot, size: int) -> str | None:
    """sum(widths) for sum(counts), where both lists were given to the function."""
    scope = spot.source.scope_of(spot.node)
    if call_name(spot.node) != "sum" or isinstance(scope, ast.Module):
        return None
    texts = [f"sum({argument.arg})" for argument in scope.args.args]
    nodes = [grafted(spot, spot.node, text) for text in texts]
    fit = [
        text for text, node in zip(texts, nodes, strict=True)
        if node is not None and value_of(case.flow, spot.at(node, ())) == size
    ]  # fmt: skip
    return fit[0] if len(fit) == 1 else None


def _total(numbers: Sequence[object]) -> int | None:
    return sum(n for n in numbers if type(n) is int) if all(type(n) is int for n in numbers) else None
