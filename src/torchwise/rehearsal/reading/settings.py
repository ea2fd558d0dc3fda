"""Settings that stand in the files as constants: in dicts, as keywords, as defaults, on the command line."""

import ast
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.source import Source
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Mend
from torchwise.rehearsal.reading.unrolled import Program
from torchwise.rehearsal.watch.sites import Site

Setting = tuple[Source, ast.Constant]


def settings_of(program: Program, name: str) -> list[Setting]:
    """The constants that are given to a name anywhere."""
    return [
        (source, value) for source in program.sources for node in ast.walk(source.tree)
        for given, value in _given(node) if given == name and isinstance(value, ast.Constant)
    ]  # fmt: skip


def _given(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """What a node gives to names."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield str(getattr(key, "value", "")), value
    elif isinstance(node, ast.keyword):
        yield node.arg or "", node.value
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield name_of(target), node.value
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        defaults = [*zip(reversed(positional), reversed(node.defaults), strict=False)]
        for parameter, default in (*defaults, *zip(node.kwonlyargs, node.kw_defaults, strict=True)):
            yield parameter.arg, default
    elif isinstance(node, ast.Call) and call_name(node) == "add_argument":
        for flag in node.args:
            yield str(getattr(flag, "value", "")).strip("-").replace("-", "_"), keyword_of(node, "default")


def name_of(node: ast.AST) -> str:
    """The name under which a setting is read: lr for cfg.lr, cfg["lr"] and lr."""
    if isinstance(node, ast.Subscript):
        return str(getattr(node.slice, "value", ""))
    return getattr(node, "attr", "") or getattr(node, "id", "")


def number_of(program: Program, node: ast.AST) -> Any:
    """The number that an expression is, if it is one constant, or a setting that has one value."""
    if isinstance(node, ast.Constant):
        return node.value
    values = {value.value for _, value in settings_of(program, name_of(node)) if isinstance(value.value, int | float)}
    return values.pop() if len(values) == 1 else None


def chosen_by(program: Program, built: Site, kind: str) -> Mend | None:
    """The setting by which a layer was chosen: of TABLE[cfg.act](), getattr(nn, cfg.act)(), if cfg.act == "softmax"."""
    entry = _entry(built) or kind
    for site in (built, *built.outer):
        for choice, value in _choices(site):
            found = [
                (source, constant) for source, constant in settings_of(program, name_of(choice))
                if constant.value == (value if value is not None else entry)
            ]  # fmt: skip
            if len(found) == 1:
                return Mend(file=found[0][0].file, line=found[0][1].lineno)
    return None


def _choices(site: Site) -> Iterator[tuple[ast.AST, Any]]:
    """The expressions that decide what a call builds, with the value that leads to it where that is written there."""
    source, node = site.source, site.node
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Subscript):
        yield function.slice, None
    elif isinstance(function, ast.Call) and call_name(function) == "getattr" and len(function.args) > 1:
        yield function.args[1], None
    while source is not None and node is not None:
        around = source.parents.get(node)
        test = around.test if isinstance(around, ast.If | ast.IfExp) and node is not around.test else None
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
            yield test.left, getattr(test.comparators[0], "value", None)
        node = around


def _entry(built: Site) -> Any:
    """The key under which a table has what was built; None where it is in none."""
    source, node = built.source, built.node
    while source is not None and node is not None:
        around = source.parents.get(node)
        if isinstance(around, ast.Dict) and node in around.values:
            return getattr(around.keys[around.values.index(node)], "value", None)
        node = around
    return None
