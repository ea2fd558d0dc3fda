"""Changes of whole statements: a result returned, a tuple taken apart, a comma or a keyword taken away."""

import ast

from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Mend, Words
from torchwise.texts import note


def statement_change(spot: Spot, statement: ast.AST, new: str) -> Change:
    """A statement written anew, on its own line."""
    old = spot.source.text(statement)
    line = getattr(statement, "lineno", spot.line)
    return Change(Mend(file=spot.file, line=line, old=old, new=new), new, spot.at(statement, ()))


def at_line(spot: Spot, text: Words, node: ast.AST | None = None, *, end: bool = False) -> Change:
    """A line to change where no replacement says how. end: the last line of what stands there, to write behind it."""
    node = spot.node if node is None else node
    line = getattr(node, "end_lineno" if end else "lineno", spot.line)
    return Change(Mend(file=spot.file, line=line), text, spot.at(node, ()))


def returned_instead(spot: Spot, statement: ast.stmt) -> Change:
    """What the last statement of a function computes, returned."""
    source = spot.source
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = source.text(statement.targets[0])
        if _is_one_line(statement) and not _is_within_loop(spot, statement):
            if isinstance(statement.targets[0], ast.Attribute | ast.Subscript):
                return at_line(spot, f"return {target}", statement, end=True)
            return statement_change(spot, statement, f"return {source.text(statement.value)}")
        return at_line(spot, f"return {target}", statement, end=True)
    if isinstance(statement, ast.AugAssign):
        return at_line(spot, f"return {source.text(statement.target)}", statement, end=True)
    if isinstance(statement, ast.Expr) and not _is_call_without_value(statement.value):
        return statement_change(spot, statement, f"return {source.text(statement.value)}")
    scope = spot.source.scope_of(statement)
    is_method = isinstance(scope, ast.FunctionDef) and [item.arg for item in scope.args.args] == ["self"]
    name = _last_name(spot, statement) or ("self" if is_method else "...")
    return at_line(spot, f"return {name}", statement, end=True)


def _is_one_line(statement: ast.stmt) -> bool:
    return statement.lineno == statement.end_lineno


def _is_within_loop(spot: Spot, statement: ast.AST) -> bool:
    here = spot.source.parents.get(statement)
    while here is not None and not isinstance(here, ast.FunctionDef):
        if isinstance(here, ast.For | ast.While):
            return True
        here = spot.source.parents.get(here)
    return False


def _is_call_without_value(node: ast.expr) -> bool:
    """Whether a call is made for its effect: print, append."""
    name = node.func if isinstance(node, ast.Call) else None
    text = name.attr if isinstance(name, ast.Attribute) else name.id if isinstance(name, ast.Name) else ""
    return text in ("print", "append", "extend", "add", "update", "sort", "shuffle", "backward", "step", "info", "write",
                    "train", "eval", "zero_grad", "load_state_dict", "init_weights", "apply") or text.endswith("_")  # fmt: skip


def _last_name(spot: Spot, statement: ast.AST) -> str:
    """The variable that a function assigned last before a statement."""
    scope = spot.source.scope_of(statement)
    names = [
        (node.lineno, target.id)
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and node.lineno <= getattr(statement, "lineno", 0)
    ]
    return max(names, default=(0, ""))[1]


def without_comma(spot: Spot, node: ast.Tuple) -> Change:
    """A tuple of one element as the element: at the comma's line."""
    item, source = node.elts[0], spot.source
    whole, inner = source.text(node), source.text(item)
    if whole.startswith("(") and not inner.startswith("("):
        return replaced(spot, node, inner)
    first = item.lineno if item.lineno == item.end_lineno else item.end_lineno or item.lineno
    if item.lineno == item.end_lineno:
        return Change(Mend(file=spot.file, line=first, old=inner + ",", new=inner), inner, spot.at(item, ()))
    last = source.lines[first - 1].rstrip("\n")
    tail = last[: item.end_col_offset].strip()
    return Change(Mend(file=spot.file, line=first, old=tail + ",", new=tail),
                  note("{code} without the comma behind it", code=tail), spot.at(item, ()))  # fmt: skip


def is_bare_tuple(spot: Spot) -> bool:
    """Whether an expression is a tuple of one element, which only a comma makes."""
    return isinstance(spot.node, ast.Tuple) and len(spot.node.elts) == 1 and not isinstance(
        spot.node.elts[0], ast.Starred
    )  # fmt: skip


def first_taken(call: Spot, others: int = 1) -> Change:
    """The first part of what a call gives: `x, _ = ...` where it is assigned, `...[0]` elsewhere."""
    statement = call.source.parents.get(call.node)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and _is_one_line(statement):
        target = statement.targets[0]
        if isinstance(target, ast.Name | ast.Attribute):
            rest = ", _" * others
            text = f"{call.source.text(target)}{rest} = {call.text}"
            return statement_change(call, statement, text)
    return part_taken(call, "[0]")


def part_taken(call: Spot, suffix: str) -> Change:
    """An expression with something put behind it."""
    return replaced(call, call.node, f"{call.text}{suffix}", least=call.node)


def name_of_file(spot: Spot) -> str:
    """train.py:31."""
    return f"{spot.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{spot.line}"
