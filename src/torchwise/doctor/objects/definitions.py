"""The definition behind a call or an object, whether it returns something, and names that are nearly the same."""

import ast
import difflib
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.flow import Flow
from torchwise.doctor.source import Owners, Source, class_nodes, function_node, is_user_file, read_source
from torchwise.doctor.spots import Built, Spot
from torchwise.doctor.syntax import method_of

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
NEAR = 0.7  # the likeness of two names that are taken for one with a slip of the keyboard


@dataclass(frozen=True, eq=False)
class Definition:
    """A function or method of the user's, and the call that ran it."""

    source: Source
    scope: Function
    receiver: Any = None
    call: Spot | None = None

    @property
    def name(self) -> str:
        """Its name; of a method with that of its class."""
        name = getattr(self.scope, "name", "lambda")
        owner = self.source.class_of(self.scope)
        return f"{owner.name}.{name}" if owner is not None else name

    def spot(self, node: ast.AST) -> Spot:
        """An expression in it."""
        return Spot(self.source, node, caller=self.call, receiver=self.receiver)


def definition_called(flow: Flow, call: Spot) -> Definition | None:
    """The user's function, method or `forward` that a call runs; None for a library's or if it can't be told."""
    if not isinstance(call.node, ast.Call):
        return None
    function = call.at(call.node.func, ())
    called = function.value()
    if called is None:
        called = flow._element_called(function) or flow.held(function)
    if called is not None:
        return definition_of(called, call)
    return _in_the_file(function, call) or _of_an_object_built(flow, function, call)


def _of_an_object_built(flow: Flow, function: Spot, call: Spot) -> Definition | None:
    """`Net()(x)`: what an object of the user's class runs when it is called."""
    made = flow.born(function)
    for source, owner in flow.class_called(made) if isinstance(made.node, ast.Call) else []:
        for name in ("forward", "__call__"):
            if (method := method_of(owner, name)) is not None:
                return Definition(source, method, Built(owner, made), call)
    return None


def definition_of(called: Any, call: Spot | None = None) -> Definition | None:
    """The definition of a live function, bound method, partial, module or callable object of the user's."""
    while isinstance(called, functools.partial):
        called = called.func
    receiver = getattr(called, "__self__", None)
    if isinstance(called, type):
        return None
    if not hasattr(called, "__code__") and not hasattr(called, "__func__"):
        receiver, names = called, ("forward",) if isinstance(called, nn.Module) else ("__call__",)
        called = next((vars(c)[n] for c in type(called).__mro__ for n in names if n in vars(c)), None)
    called = getattr(called, "__wrapped__", called)
    code = getattr(getattr(called, "__func__", called), "__code__", None)
    if code is None or not is_user_file(code.co_filename):
        return None
    source, scope = read_source(code.co_filename), function_node(code)
    if source is None or scope is None or isinstance(scope, ast.Module):
        return None
    return Definition(source, scope, receiver, call)


def _in_the_file(function: Spot, call: Spot) -> Definition | None:
    """The same by the names in the file, where no value is at hand."""
    node = function.node
    if isinstance(node, ast.Name):
        found = binding_of(function.source, node.id, node)
        if found and isinstance(found[0].node, ast.FunctionDef):
            return Definition(function.source, found[0].node, None, call)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        owner = function.source.class_of(function.source.scope_of(node))
        if owner is not None and (method := method_of(owner, node.attr)) is not None:
            return Definition(function.source, method, function.receiver, call)
    return None


def method_defined(thing: Any, name: str) -> Definition | None:
    """The user's definition of a method of an object, the nearest in the order of its classes."""
    for source, owner in class_nodes(type(thing)):
        if (method := method_of(owner, name)) is not None:
            return Definition(source, method, thing)
    return None


def returns(scope: Function) -> list[ast.Return]:
    """The `return` statements of a function, in order, not those of functions inside it."""
    if isinstance(scope, ast.Lambda):
        return []
    return [node for node in within(scope) if isinstance(node, ast.Return)]


def within(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function in the order of the file, without those of functions and classes inside it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from within(child)


def gives_nothing(node: ast.Return) -> bool:
    """Whether a `return` gives None."""
    return node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)


def ends_by_itself(body: list[ast.stmt]) -> bool:
    """Whether running a block can come to its end, and so behind it."""
    return all(_passes(statement) for statement in body)


def _passes(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
        return False
    if isinstance(statement, ast.If):
        return ends_by_itself(statement.body) or ends_by_itself(statement.orelse)
    if isinstance(statement, ast.With | ast.AsyncWith):
        return ends_by_itself(statement.body)
    if isinstance(statement, ast.Try):
        if statement.finalbody and not ends_by_itself(statement.finalbody):
            return False
        ways = [[*statement.body, *statement.orelse], *(handler.body for handler in statement.handlers)]
        return any(ends_by_itself(way) for way in ways)
    if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant) and statement.test.value:
        return any(isinstance(node, ast.Break) for node in ast.walk(statement))
    if isinstance(statement, ast.Match):
        return True
    return True


def can_fall_off(scope: Function) -> bool:
    """Whether a function can end without a `return` of a value; a generator is none of these."""
    if isinstance(scope, ast.Lambda) or any(isinstance(node, ast.Yield | ast.YieldFrom) for node in within(scope)):
        return False
    return ends_by_itself(scope.body) or any(gives_nothing(node) for node in returns(scope))


def last_statement(scope: Function) -> ast.stmt | None:
    """The last line of a function: the innermost last statement of its body."""
    if isinstance(scope, ast.Lambda):
        return None
    here = scope.body[-1]
    while True:
        blocks = [getattr(here, "orelse", None), getattr(here, "body", None)]
        if isinstance(here, ast.Try):
            blocks.insert(0, here.finalbody)
        block = next((item for item in blocks if isinstance(item, list) and item), None)
        if block is None or isinstance(here, ast.FunctionDef | ast.ClassDef):
            return here
        here = block[-1]


def nearest(name: str, options: Iterable[str], least: float = NEAR) -> str | None:
    """The name that is most like another: by letters, whatever their case and underscores."""
    plain = {option: _plain(option) for option in options if option != name}
    wanted = _plain(name)
    same = [option for option, text in plain.items() if text == wanted]
    if same:
        return same[0]
    scored = [(difflib.SequenceMatcher(None, wanted, text).ratio(), option) for option, text in plain.items()]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= least else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def classes_of(thing: Any) -> Owners:
    """The user's classes of an object (or of a class), the nearest first."""
    if isinstance(thing, Built):
        return []
    return class_nodes(thing if isinstance(thing, type) else type(thing))
