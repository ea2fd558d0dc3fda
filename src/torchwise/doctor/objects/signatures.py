"""What a call gives and what is taken: wrong numbers and names of arguments, and where each was written."""

import ast
import inspect
import re
from dataclasses import dataclass
from typing import Any

from torchwise.doctor.flow import Flow
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of

TAKES = re.compile(
    r"(?P<name>[\w.<>]+)\(\) takes (?:from (?P<least>\d+) to )?(?P<most>\d+|no)(?: positional)? arguments?"
    r"(?: \(?but (?P<given>\d+).*(?:were|was) given)?"
)
UNEXPECTED = re.compile(
    r"(?P<name>[\w.<>]+)\(\) got (?:an unexpected keyword|some positional-only)\s?\w* argument[s]? '?(?P<keyword>\w+)"
)
MISSING = re.compile(
    r"(?P<name>[\w.<>]+)\(\) missing (?P<count>\d+) required (?:positional|keyword-only) arguments?: (?P<names>.*)"
)
TWICE = re.compile(r"(?P<name>[\w.<>]+)\(\) got multiple values for (?:keyword )?argument '(?P<keyword>\w+)'")


@dataclass(frozen=True)
class Mismatch:
    """A call that doesn't fit its function.

    function: as Python names it. kind: too many or too few arguments, an unknown keyword, one given twice.
    """

    function: str
    kind: str
    keyword: str = ""
    names: tuple[str, ...] = ()
    taken: int = 0
    given: int = 0

    @property
    def last_name(self) -> str:
        """The function's name without its class."""
        return self.function.rpartition(".")[2]


def mismatch_in(text: str) -> Mismatch | None:
    """What Python says about a call that doesn't fit; None if it is about something else."""
    if match := UNEXPECTED.search(text):
        return Mismatch(match["name"], "unknown", keyword=match["keyword"])
    if match := MISSING.search(text):
        return Mismatch(match["name"], "missing", names=tuple(re.findall(r"'(\w+)'", match["names"])))
    if match := TWICE.search(text):
        return Mismatch(match["name"], "twice", keyword=match["keyword"])
    if match := TAKES.search(text):
        most = 0 if match["most"] == "no" else int(match["most"])
        given = int(match["given"]) if match["given"] else 0
        return Mismatch(match["name"], "many" if given > most else "few", taken=most, given=given)
    return None


def parameters_of(function: Any) -> list[str]:
    """The names of a function's parameters, without `self`, `*args` and `**kwargs`; none if they can't be told."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    plain = [p.name for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return plain[1:] if plain[:1] == ["self"] else plain


def keyword_spot(flow: Flow, call: Spot, name: str) -> tuple[Spot, bool] | None:
    """Where a keyword of a call was written: in the call, or in a dictionary that is spread into it.

    Returns its value there, and whether it stands in another place than the call.
    """
    if not isinstance(call.node, ast.Call):
        return None
    given = keyword_of(call.node, name)
    if given is not None:
        return call.at(given, ()), False
    for spread in (keyword.value for keyword in call.node.keywords if keyword.arg is None):
        found = item_of(flow, call.at(spread, ()), name)
        if found is not None:
            return found, True
    return None


def item_of(flow: Flow, table: Spot, name: str) -> Spot | None:
    """The value of a key where a dictionary was written, as `{...}`, `dict(...)`, or stored into one."""
    trail = flow.trail(table.at(table.node, (*table.path, name)))
    for step in trail:  # the step that leaves the dictionary is the value of the key
        parent = step.source.parents.get(step.node)
        if parent is not None and _is_item(parent, step.node, name):
            return step
    for step in trail:
        if (stored := _stored(step, name)) is not None:
            return stored
    return _merged(flow, trail[-1], name)


def _is_item(parent: ast.AST, value: ast.AST, name: str) -> bool:
    """Whether a value is stored under a key: {"key": value}, f(key=value), table["key"] = value."""
    if isinstance(parent, ast.Dict) and value in parent.values:
        return _is_key(parent.keys[parent.values.index(value)], name)
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Subscript):
        return _is_key(parent.targets[0].slice, name)
    return isinstance(parent, ast.keyword) and parent.arg == name


def _is_key(key: ast.AST | None, name: str) -> bool:
    return isinstance(key, ast.Constant) and key.value == name


def _stored(step: Spot, name: str) -> Spot | None:
    """The value in options.update(key=value), or in self.options["key"] = value."""
    if not isinstance(step.node, ast.Name | ast.Attribute):
        return None
    is_name, table = isinstance(step.node, ast.Name), ast.unparse(step.node)
    for node in ast.walk(step.source.scope_of(step.node) if is_name else step.source.tree):
        given, owner = None, None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            given, owner = keyword_of(node, name), node.func.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and not is_name:
            given = node.value if _is_key(node.targets[0].slice, name) else None
            owner = node.targets[0].value
        if given is not None and owner is not None and ast.unparse(owner) == table:
            return step.at(given, ())
    return None


def _merged(flow: Flow, made: Spot, name: str) -> Spot | None:
    """The value of a key in what a dictionary was put together from: dict(common, key=1), {**common}, a | b."""
    node, parts = made.node, list[ast.expr]()
    if isinstance(node, ast.Call) and call_name(node) == "dict":
        if (given := keyword_of(node, name)) is not None:
            return made.at(given, ())
        parts = [*(keyword.value for keyword in node.keywords if keyword.arg is None), *node.args]
    elif isinstance(node, ast.Call) and call_name(node) in ("asdict", "vars") and node.args:
        probe = ast.copy_location(ast.Attribute(value=node.args[0], attr=name, ctx=ast.Load()), node)
        made.source.parents.setdefault(probe, node)
        return flow.before(made.at(probe, ()))
    elif isinstance(node, ast.Call) and call_name(node) in ("copy", "deepcopy"):
        parts = node.args or [node.func.value] if isinstance(node.func, ast.Attribute) else node.args
    elif isinstance(node, ast.Dict):
        parts = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        parts = [node.left, node.right]
    found = (item_of(flow, made.at(part, ()), name) for part in reversed(parts))
    return next((item for item in found if item is not None), None)


def key_node(spot: Spot) -> ast.AST:
    """The key of an item of a dictionary, where the item's value stands at the spot; the value itself elsewhere."""
    parent = spot.source.parents.get(spot.node)
    if isinstance(parent, ast.Dict) and spot.node in parent.values:
        key = parent.keys[parent.values.index(spot.node)]
        return key if key is not None else spot.node
    return parent if isinstance(parent, ast.keyword) else spot.node
