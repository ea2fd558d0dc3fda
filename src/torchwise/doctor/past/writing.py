"""How lines of a training step are written anew: a tensor detached, a call given another keyword, a line put behind."""

import ast
from typing import Any

from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.finding import Mend

SIMPLE = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant


def code_of(spot: Spot, node: ast.AST | None = None) -> str:
    """The code of an expression on one line, in brackets where something can't be put behind it."""
    node = node or spot.node
    text = " ".join(spot.source.text(node).split())
    return text if isinstance(node, SIMPLE) else f"({text})"


def detached(text: str, value: Any) -> str:
    """An expression without the graph of its value: h.detach(), tuple(s.detach() for s in state)."""
    if isinstance(value, tuple):
        return f"tuple(s.detach() for s in {text})"
    if isinstance(value, list):
        return f"[s.detach() for s in {text}]"
    if isinstance(value, dict):
        return f"{{k: v.detach() for k, v in {text}.items()}}"
    return f"{text}.detach()"


def with_keyword(spot: Spot, keyword: str, value: str) -> Change:
    """A call with one keyword set to another value, or added."""
    assert isinstance(spot.node, ast.Call), "only calls have keywords"
    given = keyword_of(spot.node, keyword)
    if given is not None:
        return rewritten(spot, given, value)
    text = spot.text
    inner = "" if text.rstrip(")").rstrip().endswith(("(", ",")) and text.endswith(")") else ", "
    new = f"{text[:-1].rstrip()}{inner}{keyword}={value})"
    return _whole(spot, spot.node, text, new)


def replaced(spot: Spot, node: ast.AST, new: str) -> Change:
    """A node of the spot's file replaced by other code."""
    return _whole(spot, node, spot.source.text(node), new)


def behind(spot: Spot, code: str) -> Change:
    """A line put behind the statement of a spot."""
    statement = spot.source.statement_of(spot.node)
    text, indent = spot.source.text(statement), indent_of(spot.source, statement)
    return Change(_mend(spot, statement, text, f"{text}\n{indent}{code}"), code, spot.at(statement, ()))


def before(spot: Spot, code: str) -> Change:
    """A line put before the statement of a spot."""
    statement = spot.source.statement_of(spot.node)
    text, indent = spot.source.text(statement), indent_of(spot.source, statement)
    return Change(_mend(spot, statement, text, f"{code}\n{indent}{text}"), code, spot.at(statement, ()))


def indent_of(source: Source, node: ast.AST) -> str:
    """The white space before the line of a statement."""
    line = source.lines[getattr(node, "lineno", 1) - 1]
    return line[: len(line) - len(line.lstrip())]


def _whole(spot: Spot, node: ast.AST, old: str, new: str) -> Change:
    return Change(_mend(spot, node, old, new), new, spot.at(node, ()))


def _mend(spot: Spot, node: ast.AST, old: str, new: str) -> Mend:
    return Mend(file=spot.file, line=getattr(node, "lineno", spot.line), old=old, new=new)


def without_keyword(spot: Spot, name: str) -> Change | None:
    """A call without one of its keywords; None if it hasn't got it."""
    node = spot.node
    if not isinstance(node, ast.Call) or keyword_of(node, name) is None:
        return None
    text = spot.source.text
    kept = [text(item) for item in node.args]
    for keyword in node.keywords:
        if keyword.arg != name:
            value = text(keyword.value)
            kept.append(f"{keyword.arg}={value}" if keyword.arg else f"**{value}")
    return _whole(spot, node, text(node), f"{text(node.func)}({', '.join(kept)})")
