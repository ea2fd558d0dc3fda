"""Expressions written anew: parsed at their old place, and as a mend of their line."""

import ast

from torchwise.doctor.layers import Change
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.finding import Mend

WIDEST = 110  # characters of code in a mend


def grafted(spot: Spot, part: ast.AST, text: str) -> ast.expr | None:
    """The expression at a spot with the text of a part replaced, parsed, as if it stood at the old one's place."""
    written = substituted(spot.source, spot.node, part, text)
    try:
        node = ast.parse(f"({written})", mode="eval").body
    except SyntaxError:
        return None
    parents = spot.source.parents
    for child in ast.walk(node):
        ast.copy_location(child, spot.node)
        for inner in ast.iter_child_nodes(child):
            parents[inner] = child
    parents[node] = parents.get(spot.node, spot.source.tree)
    return node


def substituted(source: Source, whole: ast.AST, part: ast.AST, text: str) -> str:
    """The code of an expression with that of a part replaced."""
    old = source.text(whole)
    if part is whole:
        return text
    begin = _offset(source, whole, part.lineno, part.col_offset)  # type: ignore[attr-defined]
    end = _offset(source, whole, part.end_lineno, part.end_col_offset)  # type: ignore[attr-defined]
    raw = old.encode()
    return (raw[:begin] + text.encode() + raw[end:]).decode()


def _offset(source: Source, whole: ast.AST, line: int, column: int) -> int:
    """Bytes from the beginning of a node to a place in it."""
    first = whole.lineno  # type: ignore[attr-defined]
    ahead = "".join(source.lines[first - 1 : line - 1]).encode()
    return len(ahead) + column - whole.col_offset  # type: ignore[attr-defined,no-any-return]


def replaced(spot: Spot, part: ast.AST, text: str, *, least: ast.AST | None = None) -> Change:
    """A mend that writes another text for a part, in as much of its surroundings as makes it clear on its line.

    least: an expression around the part that is written out in any case, if it stands on one line.
    """
    source = spot.source
    whole: ast.AST = part
    if least is not None and (_is_long(least) or len(source.text(least)) > WIDEST):
        least = None
    line = source.lines[part.lineno - 1]  # type: ignore[attr-defined]
    while True:
        old, new = source.text(whole), substituted(source, whole, part, text)
        parent = source.parents.get(whole)
        is_bare = isinstance(whole, ast.Constant) and isinstance(parent, ast.keyword)
        is_clear = line.count(old) == 1 and len(old) > 3 and not is_bare and (least is None or whole is least)
        if isinstance(parent, ast.arguments):
            return _default(spot, parent, whole, substituted(source, whole, part, text), part)
        if isinstance(parent, ast.Dict) and _is_long(parent) and whole in parent.values:
            return _item(spot, parent, whole, substituted(source, whole, part, text), part)
        kinds = ast.expr | ast.keyword | ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.AugAssign
        if is_clear or not isinstance(parent, kinds) or _is_long(parent):
            break
        least = None if whole is least else least
        whole = parent
    mend = Mend(file=spot.file, line=whole.lineno, old=old, new=new)  # type: ignore[attr-defined]
    return Change(mend, new, spot.at(part, ()))


def _item(spot: Spot, items: ast.Dict, value: ast.AST, text: str, part: ast.AST) -> Change:
    """One item of a dictionary over several lines, with its key."""
    key = items.keys[items.values.index(value)]  # type: ignore[arg-type]
    old = spot.source.text(value)
    if key is not None and key.lineno == value.lineno == value.end_lineno:  # type: ignore[attr-defined]
        line = spot.source.lines[key.lineno - 1].encode()
        old = line[key.col_offset : value.end_col_offset].decode()  # type: ignore[attr-defined]
        text = old[: len(old) - len(spot.source.text(value))] + text
    return Change(Mend(file=spot.file, line=value.lineno, old=old, new=text), text, spot.at(part, ()))  # type: ignore[attr-defined]


def _default(spot: Spot, arguments: ast.arguments, value: ast.AST, text: str, part: ast.AST) -> Change:
    """The default of a parameter, with the parameter's name."""
    names = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(names), reversed(arguments.defaults), strict=False)]
    pairs += [(name, item) for name, item in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if item]
    owner = next((name for name, item in pairs if item is value), None)
    old = spot.source.text(value)
    line = spot.source.lines[value.lineno - 1]  # type: ignore[attr-defined]
    if owner is not None and owner.lineno == value.lineno:  # type: ignore[attr-defined]
        begin = len(line.encode()[: owner.col_offset].decode())
        end = len(line.encode()[: value.end_col_offset].decode())  # type: ignore[attr-defined]
        old = line[begin:end]
        text = old[: len(old) - len(spot.source.text(value))] + text
    return Change(Mend(file=spot.file, line=value.lineno, old=old, new=text), text, spot.at(part, ()))  # type: ignore[attr-defined]


def _is_long(node: ast.AST) -> bool:
    return getattr(node, "end_lineno", 0) != getattr(node, "lineno", 0)
