"""Values as they were on an earlier line: names that were bound anew since are computed again from their assignments.

Nothing of the user's is called: what a function or module of theirs returns is computed from its `return` expression.
"""

import ast
import builtins
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from torchwise.doctor.bindings import Binding, binding_of, bindings_in
from torchwise.doctor.evaluate import Unknown, attribute, is_leaf_of_torch
from torchwise.doctor.flow import Flow
from torchwise.doctor.source import Scope
from torchwise.doctor.spots import Built, Spot, take
from torchwise.doctor.tracing.repeater import Repeater, is_known

DEEPEST = 60  # expressions within expressions, and calls within calls
LONGEST = 64  # turns of a loop that are followed
Given = dict[ast.AST, Any]  # values of expressions that are supposed
Cache = dict[tuple[Any, ...], Any]


def value_of(
    flow: Flow, spot: Spot, default: Any = None, *, given: Given | None = None, cache: Cache | None = None
) -> Any:
    """The value of an expression as it was when its line ran, if it can be had; of a tensor often the shape alone.

    given: values of parts of it that are known (or supposed) already, by their nodes. cache: kept between calls.
    """
    try:
        with torch.no_grad():
            replay = Replay(flow, spot, given=given, cache=cache if given is None else {})
            return take(replay.evaluate(spot.node), spot.path, default)
    except Exception:  # whatever a pure function raises on such values: then there is no value to show
        return default


class Replay(Repeater):
    """Values of the expressions of one spot's call.

    names: supposed values of variables, of a loop's turn or of a call's parameters.
    """

    def __init__(
        self, flow: Flow, spot: Spot, *, given: Given | None = None, cache: Cache | None = None,
        names: dict[str, Any] | None = None, depth: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(spot.frame)
        if depth > DEEPEST:
            raise Unknown("too deep")
        self.flow, self.spot, self.depth = flow, spot, depth
        self.given = {} if given is None else given
        self.cache = {} if cache is None else cache
        self.names = names or {}
        self.place = call_key(spot)

    def at(self, spot: Spot, names: dict[str, Any] | None = None) -> Any:
        """The value of another spot."""
        is_same_call = call_key(spot) == self.place and spot.source is self.spot.source
        kept = self.names if is_same_call and _scope(spot) is _scope(self.spot) else {}
        replay = Replay(
            self.flow, spot, given=self.given, cache=self.cache, names={**kept, **(names or {})}, depth=self.depth + 1
        )
        return take(replay.evaluate(spot.node), spot.path)

    def evaluate(self, node: ast.AST) -> Any:
        """The value of an expression. Raises Unknown, or what the expression itself raises."""
        if node in self.given:
            return self.given[node]
        key = (node, self.place)
        if not self.names and key in self.cache:
            if isinstance(self.cache[key], Exception):
                raise self.cache[key]
            return self.cache[key]
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise Unknown(type(node).__name__)
        try:
            value = method(node)
        except Exception as error:
            value = error
        if not self.names:  # in a loop the same node has a value in each turn
            self.cache[key] = value
        if isinstance(value, Exception):
            raise value
        return value

    def _name(self, node: ast.Name) -> Any:
        spot = self.spot
        if node.id in self.names:
            return self.names[node.id]
        if node.id in ("self", "cls") and spot.receiver is not None and not isinstance(spot.receiver, Built):
            return spot.receiver
        found = binding_of(spot.source, node.id, node)
        if spot.frame is not None and self._is_current(node, found):
            return super()._name(node)
        if found is not None and found[0].kind == "value" and (loop := self._loop_before(found[0], node)) is not None:
            return self._after_loop(loop, node.id)
        before = None if found is not None and found[0].kind == "element" else self.flow.before(spot.at(node, ()))
        if before is None:
            return self._unbound(node, found)
        try:
            return self.at(before)
        except Exception:  # what was computed by other means is still there, if the name was bound once
            is_global = found is not None and isinstance(found[1], ast.Module)
            if not is_global or len(bindings_in(spot.source.tree, node.id)) > 1:
                raise
            return self._unbound(node, found)

    def _is_current(self, node: ast.Name, found: tuple[Binding, Scope] | None) -> bool:
        """Whether the variable still holds what this use of it saw."""
        frame = self.spot.frame
        if frame is None or frame.node is None or found is None or found[1] is not frame.scope:
            return True
        now = binding_of(self.spot.source, node.id, frame.node)
        return now is None or now[0].statement is found[0].statement

    def _unbound(self, node: ast.Name, found: tuple[Binding, Scope] | None) -> Any:
        """A global name seen from a call that has ended; the index of a data set's sample."""
        if found is not None and found[0].kind in ("parameter", "element"):
            if found[0].kind == "parameter" and getattr(_scope(self.spot), "name", "") == "__getitem__":
                return 0  # any sample shows the shape
            raise Unknown(node.id)
        for frame in reversed(self.flow.frames):
            if frame.source is self.spot.source and node.id in frame.frame.f_globals:
                return frame.frame.f_globals[node.id]
        if hasattr(builtins, node.id):
            return getattr(builtins, node.id)
        raise Unknown(node.id)

    def _attribute(self, node: ast.Attribute) -> Any:
        try:
            return attribute(self.evaluate(node.value), node.attr)
        except (Unknown, AttributeError):
            before = self.flow.before(self.spot.at(node, ()))
            if before is None:
                raise
            return self.at(before)

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp) -> Any:
        if len(node.generators) != 1 or node.generators[0].ifs:
            raise Unknown("a comprehension of several loops")
        generator = node.generators[0]
        turns = self._turns(generator.target, generator.iter)
        return [self.at(self.spot.at(node.elt, ()), names) for names in turns]

    _generatorexp = _listcomp

    def _call(self, node: ast.Call) -> Any:
        function = self.function(node.func)
        if type(function) is nn.Sequential and not is_leaf_of_torch(function) and len(node.args) == 1:
            return self.run(function, self.evaluate(node.args[0]))
        if isinstance(function, nn.Module) and is_leaf_of_torch(function):
            arguments, named = self.arguments(node)
            return self._apply(function, arguments, named)
        if function is not None and not isinstance(function, nn.Module) and is_known(function):
            return self.repeated(node, function)
        before = self.flow.before(self.spot.at(node, ()))
        if before is None:
            raise Unknown("a function of the user's")
        return self.at(before)

    def run(self, module: nn.Module, value: Any) -> Any:
        """What a module gives for one value, by shape and dtype."""
        if is_leaf_of_torch(module):
            return self._apply(module, [value], {})
        if type(module) is nn.Sequential:
            for child in module:
                value = self.run(child, value)
            return value
        spot = self.flow.function_result(type(module).forward, (), None, module)
        if spot is None:
            raise Unknown("a module without a forward that can be read")
        scope = _scope(spot)
        names = [item.arg for item in scope.args.args][1:] if not isinstance(scope, ast.Module) else []
        return Replay(self.flow, spot, names={names[0]: value}, depth=self.depth + 1).evaluate(spot.node)

    def _loop_before(self, binding: Binding, node: ast.Name) -> ast.For | None:
        """The loop that a name got its value in, where it is used behind that loop."""
        parents = self.spot.source.parents
        loop = parents.get(binding.statement)
        here: ast.AST | None = node
        while here is not None and here is not loop:
            here = parents.get(here)
        return loop if isinstance(loop, ast.For) and here is None else None

    def _after_loop(self, loop: ast.For, name: str) -> Any:
        """What a name holds after a loop of assignments."""
        held: dict[str, Any] = {}
        for names in self._turns(loop.target, loop.iter):
            held |= names
            for statement in loop.body:
                if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
                    raise Unknown("a loop that does more than assign")
                held |= _bound(statement.targets[0], self.at(self.spot.at(statement.value, ()), held))
        return held[name]

    def _turns(self, target: ast.expr, iterable: ast.expr) -> Iterator[dict[str, Any]]:
        """The names that a loop binds in each of its turns."""
        for value in self._elements(iterable):
            yield _bound(target, value)

    def _elements(self, node: ast.expr) -> list[Any]:
        """The elements of what a loop goes over."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("enumerate", "zip"):
            lists = [self._elements(item) for item in node.args]
            if node.func.id == "enumerate":
                return list(enumerate(lists[0]))
            return [tuple(items) for items in zip(*lists, strict=False)]
        values = self.evaluate(node)
        if not isinstance(values, list | tuple | range | nn.ModuleList | nn.Sequential) or len(values) > LONGEST:
            raise Unknown("a loop over something else")
        return list(values)


def call_key(spot: Spot) -> tuple[Any, ...]:
    """Tells calls apart: the same code gives other values in another call."""
    caller = () if spot.caller is None else (spot.caller.node, call_key(spot.caller))
    receiver = spot.receiver.definition if isinstance(spot.receiver, Built) else id(spot.receiver)
    return (id(spot.frame and spot.frame.frame), receiver, caller)


def _scope(spot: Spot) -> Scope:
    return spot.source.scope_of(spot.node)


def _bound(target: ast.expr, value: Any) -> dict[str, Any]:
    """The names of a target with their parts of a value."""
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, ast.Tuple | ast.List):
        found: dict[str, Any] = {}
        for item, part in zip(target.elts, value, strict=True):
            found |= _bound(item, part)
        return found
    raise Unknown("a target that is no name")
