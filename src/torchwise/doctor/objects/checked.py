"""The check in torch's own Python that an argument didn't pass: what it looked at, and which words it would have taken."""

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.frames import Frame


def function_at(frame: Frame) -> ast.If | None:
    """The function that a frame ran, parsed alone (torch's files are long), under an `if` that takes its indentation."""
    try:
        lines, first = inspect.getsourcelines(frame.code)
        tree = ast.parse("if True:\n" + "".join(lines if lines[0][:1].isspace() else [f" {line}" for line in lines]))
    except (OSError, TypeError, SyntaxError):
        return None
    found = ast.increment_lineno(tree, first - 2).body[0]
    return found if isinstance(found, ast.If) else None


def refused_by(frame: Frame, function: ast.If | None) -> Iterator[tuple[str, Any]]:
    """The names and values that the check in front of a `raise` looked at; where nothing is in front, what it tells."""
    inside = [node for node in (ast.walk(function) if function is not None else ())
              if isinstance(node, ast.If | ast.Raise | ast.Assert) and node is not function
              and node.lineno <= frame.line <= (node.end_lineno or 0)]  # fmt: skip
    raised = [node for node in inside if not isinstance(node, ast.If)]
    tests = [node for node in reversed(inside) if isinstance(node, ast.If)]
    if raised and isinstance(raised[-1], ast.Assert):
        yield from _read(frame, raised[-1].test, function)
    elif raised:
        for test in tests:
            yield from _read(frame, test.test, function)
        if not tests:
            yield from _read(frame, raised[-1], function)


def _read(frame: Frame, test: ast.AST, function: ast.If | None) -> Iterator[tuple[str, Any]]:
    """The parameters in a test and the attributes of `self`; of other variables, the parameters that they come from."""
    given = frame.arguments()
    for node in ast.walk(test):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            own = getattr(frame.locals.get("self"), "__dict__", {})
            if node.attr in own:
                yield node.attr, own[node.attr]
        elif isinstance(node, ast.Name) and node.id in frame.locals and node.id != "self":
            yield node.id, frame.locals[node.id]
            made = [] if node.id in given else _made(function, node.id, frame.line)
            yield from ((name, given[name]) for name in made if name in given and name != "self")


def _made(function: ast.If | None, name: str, line: int) -> list[str]:
    """The names in the last assignment of a variable before a line: dim = input.dim() - 2."""
    values = [node.value for node in (ast.walk(function) if function is not None else ())
              if isinstance(node, ast.Assign) and node.lineno < line
              and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)]  # fmt: skip
    return [node.id for value in values[-1:] for node in ast.walk(value) if isinstance(node, ast.Name)]


def words_taken(text: str, function: ast.If | None, refused: list[tuple[str, Any]]) -> tuple[str, ...]:
    """The words that the failing function compares the refused value with, and those that the error lists."""
    value = next((value for _, value in refused if isinstance(value, str)), None)
    words: list[str] = []
    if function is not None and value is not None:
        names = {name for name, held in refused if held is value}
        for node in ast.walk(function):
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id in names:
                words += [n.value for item in node.comparators for n in ast.walk(item)
                          if isinstance(n, ast.Constant) and isinstance(n.value, str)]  # fmt: skip
    words += re.findall(r"'([\w-]+)'", text) if not words else []
    listed = re.search(r"(?:either|one of:?|modes:|from|be) ((?:\w+(?:, | or | \| |/))+\w+)", text)
    words += re.split(r", | or | \| |/", listed[1]) if not words and listed is not None else []
    return tuple(dict.fromkeys(word for word in words if word and word != value))
