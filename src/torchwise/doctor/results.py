"""What a call of the user's gives: the expression that a function, a method, a class's `forward` returns."""

import ast
import sys
from typing import Any

from torchwise.doctor.bindings import Key, binding_of
from torchwise.doctor.evaluate import Unknown, attribute
from torchwise.doctor.frames import Frame
from torchwise.doctor.source import Owners, Scope, Source, class_nodes, function_node, is_user_file, read_source
from torchwise.doctor.spots import Built, Sites, Spot
from torchwise.doctor.syntax import call_name, keyword_of, method_of, returns_of


class Results:
    """The part of `Flow` that enters calls."""

    sites: Sites
    frames: list[Frame]

    def born(self, spot: Spot) -> Spot:
        """The expression that made a value."""
        raise AssertionError("the class that follows values has this")

    def returned(self, function: Spot, path: tuple[Key, ...], call: Spot | None = None) -> Spot | None:
        """What a function of the user's returns; `call` is where it was called, if it was called here."""
        called = None
        if not any(isinstance(node, ast.Call) for node in ast.walk(function.node)):  # a method of a result: no function
            called = function.value()
            if called is None:
                called = self._element_called(function) or self.held(function)
        if called is not None:
            if type(called).__module__.startswith("torch.nn.modules."):
                return None
            if hasattr(called, "__code__") or hasattr(called, "__func__"):
                return self.function_result(called, path, call, getattr(called, "__self__", None))
            forward = next(
                (vars(c)[n] for c in type(called).__mro__ for n in ("forward", "__call__") if n in vars(c)), None
            )
            if not isinstance(called, type) and hasattr(forward, "__code__"):
                return self.function_result(forward, path, call, called)
            return None
        return self._static_result(function, path, call)

    def _element_called(self, function: Spot) -> Any:
        """What is called in `for step in self.steps: x = step(x)`: the last step, which made the final value."""
        if not isinstance(function.node, ast.Name):
            return None
        found = binding_of(function.source, function.node.id, function.node)
        if found is None or found[0].kind != "element" or found[0].path:
            return None
        values = self.held(function.at(found[0].node, ()))
        return values[-1] if isinstance(values, list | tuple) and values else None

    def held(self, spot: Spot) -> Any:
        """What a name or attribute stands for where no call was under way: by the live object, by the module."""
        if (value := spot.value()) is not None:
            return value
        node = spot.node
        if isinstance(node, ast.Attribute):
            base = self.held(spot.at(node.value, ()))
            try:
                return attribute(base, node.attr) if base is not None else None
            except (Unknown, AttributeError):
                return None
        if not isinstance(node, ast.Name):
            return None
        if node.id in ("self", "cls"):
            return None if isinstance(spot.receiver, Built) else spot.receiver
        found = binding_of(spot.source, node.id, node)
        is_global = found is None or (isinstance(found[1], ast.Module) and found[0].kind == "definition")
        return self._globals_of(spot.source).get(node.id) if is_global else None

    def _globals_of(self, source: Source) -> dict[str, Any]:
        """The global names of a file: from a frame of it, else from its module."""
        for frame in self.frames:
            if frame.source is source:
                return frame.frame.f_globals
        modules = [m for m in list(sys.modules.values()) if getattr(m, "__file__", None) == source.file]
        return vars(modules[0]) if modules else {}

    def _static_result(self, function: Spot, path: tuple[Key, ...], call: Spot | None) -> Spot | None:
        """The same where no value is at hand: by the definitions in the file."""
        node = function.node
        if isinstance(node, ast.Name):
            found = binding_of(function.source, node.id, node)
            if found and isinstance(found[0].node, ast.FunctionDef | ast.AsyncFunctionDef):
                return self._result(function.source, found[0].node, path, call, None)
            if found and found[0].kind == "value" and isinstance(found[0].node, ast.Lambda):
                return self._result(function.source, found[0].node, path, call, function.receiver)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            owner = function.source.class_of(function.source.scope_of(node))
            if owner is not None and (method := method_of(owner, node.attr)) is not None:
                return self._result(function.source, method, path, call, function.receiver)
        made = self.born(function) if isinstance(node, ast.Name | ast.Attribute) else function
        if isinstance(made.node, ast.Name) and made.node is not node:  # self.transform = to_tensor, a function
            return self._static_result(made, path, call)
        if isinstance(made.node, ast.Call) and (owners := self.class_called(made)):  # Collator(tokenizer), built here
            names = [name for name in ("__call__", "forward") if any(method_of(c, name) for _, c in owners)]
            return self.method_result(owners, names[0], path, made, None) if names else None
        return None

    def function_result(self, function: Any, path: tuple[Key, ...], call: Spot | None, receiver: Any) -> Spot | None:
        """What a function object returns, if it is the user's."""
        plain = getattr(function, "__func__", function)
        while hasattr(plain, "__wrapped__"):  # @torch.no_grad() and other decorators
            plain = plain.__wrapped__
        code = getattr(plain, "__code__", None)
        if code is None or not is_user_file(code.co_filename):
            return None
        scope = function_node(code)
        source = read_source(code.co_filename)
        if source is None or scope is None:
            return None
        return self._result(source, scope, path, call, receiver)

    def _result(
        self, source: Source, scope: Scope, path: tuple[Key, ...], call: Spot | None, receiver: Any
    ) -> Spot | None:
        """The expression that a function returns last."""
        nodes = returns_of(scope)
        if not nodes:
            return None
        return Spot(source, nodes[-1], caller=call, receiver=receiver, path=path)

    def method_result(
        self, owners: Owners, name: str, path: tuple[Key, ...], made: Spot | None, receiver: Any
    ) -> Spot | None:
        """What a method returns; the object was built at `made`."""
        for source, owner in owners:
            if (method := method_of(owner, name)) is not None and (nodes := returns_of(method)):
                if receiver is None:
                    receiver = Built(owner, made)
                elif made is not None:
                    self.sites.note(receiver, made)
                return Spot(source, nodes[-1], receiver=receiver, path=path)
        return None

    def class_called(self, made: Spot) -> Owners:
        """The user's class that a call builds."""
        assert isinstance(made.node, ast.Call), "a class is called"
        factory = keyword_of(made.node, "default_factory") if call_name(made.node) == "field" else None
        called = factory or made.node.func  # optimizer: Optimizer = field(default_factory=Optimizer)
        value = made.at(called, ()).value()
        if isinstance(value, type):
            return class_nodes(value)
        if isinstance(called, ast.Name):
            found = binding_of(made.source, called.id, made.node)
            if found and isinstance(found[0].node, ast.ClassDef):
                return [(made.source, found[0].node)]
        return []
