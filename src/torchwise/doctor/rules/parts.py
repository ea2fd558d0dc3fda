"""nn.Sequential, ModuleList or ModuleDict get something that is not a module."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.objects.backwards import search_back
from torchwise.doctor.objects.changes import is_bare_tuple, name_of_file, without_comma
from torchwise.doctor.objects.handed import UNKNOWN
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

MODULES = {"relu": "nn.ReLU()", "leaky_relu": "nn.LeakyReLU()", "sigmoid": "nn.Sigmoid()", "tanh": "nn.Tanh()",
           "gelu": "nn.GELU()", "silu": "nn.SiLU()", "elu": "nn.ELU()", "softmax": "nn.Softmax(dim=1)", "selu": "nn.SELU()",
           "log_softmax": "nn.LogSoftmax(dim=1)", "dropout": "nn.Dropout()", "flatten": "nn.Flatten()", "mish": "nn.Mish()",
           "softplus": "nn.Softplus()", "max_pool2d": "nn.MaxPool2d(2)", "avg_pool2d": "nn.AvgPool2d(2)",
           "hardswish": "nn.Hardswish()", "relu6": "nn.ReLU6()", "celu": "nn.CELU()", "logsigmoid": "nn.LogSigmoid()"}  # fmt: skip


def part_is_no_module(case: Case) -> Iterator[Finding]:
    """TW015: a function, a class, a list or a tensor stands among the layers."""
    if not isinstance(case.error, TypeError | KeyError | ValueError) or case.frame is None or not case.inner:
        return
    last = case.inner[-1]
    if last.function in ("add_module", "register_module") and "is not a Module subclass" in case.text:
        yield from _no_module(case, last.locals.get("module"))
    elif last.function in ("add_module", "register_module"):
        yield _wrong_name(case, last.locals.get("name"))
    elif isinstance(last.locals.get("self"), nn.ModuleList | nn.ModuleDict) and re.search(
        r"iterable|Iterable", case.text
    ):
        yield from _not_a_list(case, last.locals["self"])


def container_takes_one_list(case: Case) -> Iterator[Finding]:
    """TW015: `nn.ModuleList(a, b)`: the modules stand side by side, not in a list."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(case.error, TypeError) or not isinstance(node, ast.Call) or case.inner:
        return
    match = re.search(r"(ModuleList|ModuleDict)\.__init__\(\) takes", case.text)
    if match is None:
        return
    spot = case.spot(node)
    items = ", ".join(spot.source.text(item) for item in node.args)
    change = replaced(spot, node, f"{spot.source.text(node.func)}([{items}])")
    what = note("{kind} gets {count} arguments, it takes one list", kind=match[1], count=len(node.args))
    why = note("nn.Sequential takes its modules side by side, nn.{kind} in one list", kind=match[1])
    yield case.finding("TW015", what, why=why, fix=change.text, mend=change.mend)


def _container(case: Case) -> str:
    """The class that the user's line builds or changes."""
    owner = case.inner[0].locals.get("self")
    return type(owner).__name__ if isinstance(owner, nn.Module) else "Sequential"


def _no_module(case: Case, value: Any) -> Iterator[Finding]:
    kind, name = _container(case), _described(value)
    what = note("{container} gets {value}, which is no module", container=kind, value=name)
    why = note("every part of {container} must be an object of a class that derives from nn.Module", container=kind)
    start = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else None
    if start is None:
        return
    spot = _place(case, start, value)
    if spot is not None and isinstance(value, tuple) and is_bare_tuple(case.flow.born(spot)):
        made = case.flow.born(spot)
        assert isinstance(made.node, ast.Tuple), "asked before"
        change = without_comma(made, made.node)
        code = "TW002" if any(isinstance(item, nn.Module) for item in value) else "TW015"
        why = note("the comma behind {code} makes a tuple of it", code=made.source.text(made.node.elts[0]))
        yield case.finding(code, what, why=why, fix=change.text, mend=change.mend)
        return
    text = _module_for(value, spot)
    if spot is None:
        yield case.finding("TW015", what, why=why, fix=text or "")
        return
    if isinstance(value, list | tuple) or type(value).__name__ == "generator":
        yield _list_among_layers(case, what, why, start, spot)
        return
    born = note("it is put in at {place}", place=name_of_file(spot))
    change = replaced(spot, spot.node, text or f"nn.Identity()  # {spot.text}", least=_around(spot))
    fix: Words = change.text if text else note("a module in place of {code}", code=spot.text)
    reason = why if spot.line == start.line else note("{rule}; {born}", rule=why, born=born)
    yield case.finding("TW015", what, why=reason, fix=fix, mend=change.mend)


def _around(spot: Spot) -> ast.AST | None:
    """The item of a dictionary can't be written alone; a call with its argument can."""
    parent = spot.source.parents.get(spot.node)
    is_short = isinstance(parent, ast.Call) and len(parent.args) == 1
    return parent if is_short else None


def _described(value: Any) -> Words:
    if isinstance(value, type):
        return note("the class {name} itself", name=value.__name__)
    if isinstance(value, list | tuple | dict):
        return note("a {kind}", kind=type(value).__name__)
    if callable(value) and hasattr(value, "__name__"):
        return note("the function {name}", name=value.__name__)
    return note("a {kind}", kind=type(value).__name__)


def _place(case: Case, start: Spot, value: Any) -> Spot | None:
    """The expression that put the value among the layers."""

    def is_it(spot: Spot) -> bool:
        node = spot.node
        if isinstance(value, list | tuple | dict) and isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.ListComp):
            return _is_written_as(spot, node, value)
        if isinstance(value, list | tuple) and isinstance(node, ast.Call | ast.Name):
            return _is_item_made_as_list(case, spot)
        if isinstance(node, ast.Lambda):
            return getattr(value, "__name__", "") == "<lambda>" and value.__code__.co_firstlineno == node.lineno
        if not isinstance(node, ast.Name | ast.Attribute | ast.GeneratorExp):
            return False
        if isinstance(node, ast.GeneratorExp):
            return type(value).__name__ == "generator"
        parent = spot.source.parents.get(node)
        if (isinstance(parent, ast.Call) and parent.func is node) or isinstance(parent, ast.Attribute):
            return False
        found = spot.value(UNKNOWN)
        found = case.flow.held(spot) if found is UNKNOWN or found is None else found
        return found is value and not isinstance(value, str | int)

    found = search_back(case.flow, start, is_it)
    if found is not None and isinstance(found.node, ast.Name):  # on to where the name got it
        born = case.flow.born(found)
        if isinstance(born.node, ast.Attribute | ast.Lambda | ast.Name | ast.List | ast.Tuple):
            return born if not isinstance(value, list | tuple) or is_bare_tuple(born) else found
    return found


def _is_item_made_as_list(case: Case, spot: Spot) -> bool:
    """Whether an expression among the layers gives a list: `layers.append(block())`."""
    parent = spot.source.parents.get(spot.node)
    is_put_in = isinstance(parent, ast.Call) and call_name(parent) in ("append", "insert", "add_module")
    if not is_put_in and not isinstance(parent, ast.List):
        return False
    return isinstance(case.flow.born(spot).node, ast.List | ast.Tuple | ast.ListComp)


def _is_written_as(spot: Spot, node: ast.AST, value: Any) -> bool:
    """Whether a list in the code may be the one in question."""
    parent = spot.source.parents.get(node)
    is_item = isinstance(parent, ast.Call | ast.List) or is_bare_tuple(spot)
    return is_item and type(node).__name__.lower().removesuffix("comp") == type(value).__name__


def _module_for(value: Any, spot: Spot | None) -> str:
    """The module in place of a function or of a class."""
    if isinstance(value, type):
        text = spot.text if spot is not None else f"nn.{value.__name__}"
        return f"{text}()"
    name = getattr(value, "__name__", "")
    if name in MODULES:
        return MODULES[name]
    if isinstance(value, Tensor) or name in ("view", "reshape"):
        return ""
    return "nn.Flatten()" if name == "<lambda>" and spot is not None and "view" in spot.text else ""


def _list_among_layers(case: Case, what: Words, why: Words, start: Spot, spot: Spot) -> Finding:
    """A list of layers without a star, or appended where extend is meant."""
    parent = spot.source.parents.get(spot.node)
    method = parent.func if isinstance(parent, ast.Call) else None
    if isinstance(method, ast.Attribute) and method.attr == "append":
        change = replaced(spot, method, f"{spot.source.text(method.value)}.extend", least=parent)
        return case.finding("TW015", what, why=note("append puts the list itself in, extend its elements"),
                            fix=change.text, mend=change.mend)  # fmt: skip
    change = replaced(spot, spot.node, f"*{spot.text}", least=parent if isinstance(parent, ast.Call) else None)
    reason = note("{rule}; the star takes the list apart", rule=why)
    return case.finding("TW015", what, why=reason, fix=change.text, mend=change.mend)


def _wrong_name(case: Case, name: Any) -> Finding:
    """ModuleDict wants strings without dots."""
    what = note("{container} gets the name {name}", container=_container(case), name=repr(name))
    why = note("names of modules are strings without a dot, for the dot separates the names of a path")
    fix = f"str({name!r})" if not isinstance(name, str) else repr(name.replace(".", "_"))
    spot = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else None
    found = (
        search_back(case.flow, spot, lambda s: isinstance(s.node, ast.Constant) and s.node.value == name)
        if spot
        else None
    )
    return case.finding("TW015", what, why=why, fix=fix, mend=found)


def _not_a_list(case: Case, container: nn.Module) -> Iterator[Finding]:
    """ModuleList of one module: it wants a list."""
    kind = type(container).__name__
    node = case.frame.node if case.frame is not None else None
    what = note("{kind} gets something that is no list of modules", kind=kind)
    why = note("{kind} takes a list of modules", kind=kind)
    if kind == "ModuleDict":
        what = note("{kind} gets something that is no dictionary of modules", kind=kind)
        why = note("{kind} takes a dictionary of names and modules", kind=kind)
        yield case.finding("TW015", what, why=why)
        return
    if isinstance(node, ast.Call) and len(node.args) == 1:
        spot = case.spot(node)
        inner = spot.source.text(node.args[0])
        change = replaced(spot, node.args[0], f"[{inner}]", least=node)
        yield case.finding("TW015", what, why=why, fix=change.text, mend=change.mend)
        return
    yield case.finding("TW015", what, why=why)


RULES = (part_is_no_module, container_takes_one_list)
