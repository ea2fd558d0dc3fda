"""Labels that were counted from 1 on purpose: enumerate(names, start=1), i + 1, {"cat": 1, "dog": 2}."""

import ast

from torchwise.doctor.births.labels import lineage
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced


def counted_from(case: Case, spot: Spot, low: int, high: int, classes: int) -> Change | None:
    """The line that began to count too late, written so that it begins with 0; None if others rely on it."""
    for step in lineage(case, spot):
        for node, text, begin in _beginnings(step.spot):
            if 1 <= begin <= low and high - begin < classes:
                least = step.spot.source.statement_of(node)
                around = getattr(least, "value", None) if isinstance(least, ast.Assign) else None
                made = step.spot
                return None if _is_relied_on(case, made, begin) else replaced(made, node, text, least=around)
    return None


def _beginnings(spot: Spot) -> list[tuple[ast.AST, str, int]]:
    """A node that counts from a number on, how it reads when it counts from 0, and the number."""
    node, text = spot.node, spot.source.text
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and (begin := _number(node.right)):
        return [(node, text(node.left), begin)]
    if isinstance(node, ast.Dict) and node.values and node.lineno == node.end_lineno:
        values = [_number(value) for value in node.values]
        begin = min(values)
        is_row = begin > 0 and sorted(set(values)) == list(range(begin, max(values) + 1))
        pairs = zip(node.keys, values, strict=True)
        items = [f"{text(key)}: {value - begin}" for key, value in pairs if key is not None]
        return [(node, "{" + ", ".join(items) + "}", begin)] if is_row else []
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)] if isinstance(node, ast.Call) else []
    return [found for call in calls if (found := _of_call(spot, call)) is not None]


def _of_call(spot: Spot, call: ast.Call) -> tuple[ast.AST, str, int] | None:
    """enumerate(names, 1), and range(1, n + 1) within zip."""
    text = spot.source.text
    if call_name(call) == "enumerate" and call.args:
        start = keyword_of(call, "start") or (call.args[1] if len(call.args) > 1 else None)
        begin = _number(start) if start is not None else 0
        return (call, f"enumerate({text(call.args[0])})", begin) if begin else None
    if call_name(call) != "range" or len(call.args) != 2 or not (begin := _number(call.args[0])):
        return None
    end = call.args[1]
    if isinstance(end, ast.BinOp) and isinstance(end.op, ast.Add) and _number(end.right) == begin:
        return call, f"range({text(end.left)})", begin
    return (call, f"range({_number(end) - begin})", begin) if _number(end) else None


def _number(node: ast.AST) -> int:
    """A whole number that is written out; 0 for anything else."""
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else 0


def _is_relied_on(case: Case, made: Spot, begin: int) -> bool:
    """Whether other places take the beginning off again: ids[name] - 1."""
    statement = made.source.statement_of(made.node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    names = {node.id if isinstance(node, ast.Name) else node.attr for target in targets
             for node in [target] if isinstance(node, ast.Name | ast.Attribute)}  # fmt: skip
    return any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _number(node.right) == begin
        and any(getattr(n, "id", getattr(n, "attr", None)) in names for n in ast.walk(node.left))
        for source in case.flow.sites.sources for node in source.parents
    )  # fmt: skip
