"""Where an option was set: a keyword of a namespace, a default of an argument parser, `self.x` of the same function."""

import ast

from torchwise.doctor.bindings import attribute_bindings
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Follower, Spot
from torchwise.doctor.syntax import call_name, keyword_of

PARSERS = {"parse_args", "parse_known_args", "parse_intermixed_args"}


def assigned_before(spot: Spot) -> Spot | None:
    """`self.x` that the same function assigned on an earlier line."""
    assert isinstance(spot.node, ast.Attribute), "called for attributes"
    scope, base = spot.source.scope_of(spot.node), spot.node.value
    if not isinstance(scope, ast.FunctionDef) or not isinstance(base, ast.Name) or not scope.args.args:
        return None
    if base.id != scope.args.args[0].arg:
        return None
    statement = spot.source.statement_of(spot.node)
    earlier = [
        binding for binding in attribute_bindings(scope, base.id, spot.node.attr)
        if getattr(binding.statement, "lineno", 0) < getattr(statement, "lineno", 0)
    ]  # fmt: skip
    return spot.at(earlier[-1].node, (*earlier[-1].path, *spot.path)) if earlier else None


def option(flow: Follower, spot: Spot) -> Spot | None:
    """`cfg.width`, `args.width`, `cfg["width"]` of an object that a call made: the keyword, or the parser's default."""
    node = spot.node
    if isinstance(node, ast.Attribute):
        name = node.attr
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        name = node.slice.value
    else:
        return None
    made = flow.born(spot.at(node.value, ()))
    if call_name(made.node) == "vars" and isinstance(made.node, ast.Call) and made.node.args:
        made = flow.born(made.at(made.node.args[0], ()))
    if not isinstance(made.node, ast.Call):
        return None
    if call_name(made.node) in PARSERS:
        default = parser_default(made.source, name)
        return Spot(made.source, default, path=spot.path) if default is not None else None
    given = keyword_of(made.node, name)
    if given is not None:
        return made.at(given, spot.path)
    for spread in (keyword.value for keyword in made.node.keywords if keyword.arg is None):
        table = flow.born(made.at(spread, ()))
        if isinstance(table.node, ast.Dict):
            for key, value in zip(table.node.keys, table.node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return table.at(value, spot.path)
    return None


def parser_default(source: Source, name: str) -> ast.expr | None:
    """The default of the argument of a parser that is stored under a name."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or call_name(node) != "add_argument":
            continue
        flags = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        dest = keyword_of(node, "dest")
        longest = max(flags, key=lambda flag: (flag.startswith("--"), -flags.index(flag)), default="")
        stored = dest.value if isinstance(dest, ast.Constant) else longest.lstrip("-").replace("-", "_")
        if stored == name:
            return keyword_of(node, "default")
    return None
