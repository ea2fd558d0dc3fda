"""Back to where a value was born: through names, parameters, attributes, returns, loops and data loaders."""

import ast
from dataclasses import replace
from typing import Any

from torchwise.doctor.bindings import Binding, Key, attribute_bindings, binding_of, bindings_in, stored_item
from torchwise.doctor.frames import Frame
from torchwise.doctor.results import Results
from torchwise.doctor.samples import element
from torchwise.doctor.settings import assigned_before, option
from torchwise.doctor.source import (
    Owners,
    Scope,
    Source,
    class_nodes,
    module_source,
)
from torchwise.doctor.spots import Built, Sites, Spot
from torchwise.doctor.syntax import (
    argument_of,
    call_name,
    default_of,
    field_default,
    gathered,
    is_property_of,
    keyword_of,
    method_of,
    methods_first_init,
    spread_over,
)

DEEPEST = 60  # steps: more would be a circle


class Flow(Results):
    """Follows values backwards through the frames of one failure and the files they come from.

    sites: where objects were built, by id, as far as that was recorded or can be found.
    """

    def __init__(self, frames: list[Frame], sites: Sites) -> None:
        self.frames = [frame for frame in frames if frame.is_user and frame.source is not None]
        self.sites = sites
        self._under_way: set[tuple[ast.AST, tuple[object, ...]]] = set()  # a value that needs itself has no origin

    def spot(self, frame: Frame, node: ast.AST) -> Spot:
        """An expression of a frame that was under way."""
        assert frame.source is not None, "only frames with source have spots"
        index = next((i for i, other in enumerate(self.frames) if other is frame), 0)
        if index and frame.is_comprehension and self.frames[index - 1].source is frame.source:
            around = self.spot(self.frames[index - 1], node)
            return replace(around, frame=frame)
        caller = None
        if index and self.frames[index - 1].node is not None:
            before = self.frames[index - 1]
            assert before.node is not None, "checked above"
            caller = self.spot(before, before.node)
        return Spot(frame.source, node, frame=frame, caller=caller, receiver=frame.receiver())

    def born(self, spot: Spot) -> Spot:
        """The expression that made the value: names, parameters, attributes and returns are followed, makers not."""
        for _ in range(DEEPEST):
            before = self.before(spot)
            if before is None:
                return spot
            spot = before
        return spot

    def trail(self, spot: Spot) -> list[Spot]:
        """Every step on the way from an expression to the one that made its value, the first included."""
        found = [spot]
        while len(found) < DEEPEST and (before := self.before(found[-1])) is not None:
            found.append(before)
        return found

    def before(self, spot: Spot) -> Spot | None:
        """One step back along the same value; None where the value was made."""
        step = getattr(self, f"_before_{type(spot.node).__name__.lower()}", None)
        key = (spot.node, spot.path)
        if step is None or key in self._under_way:
            return None
        self._under_way.add(key)
        try:
            found: Spot | None = step(spot)
        finally:
            self._under_way.discard(key)
        return found

    def _before_name(self, spot: Spot) -> Spot | None:
        assert isinstance(spot.node, ast.Name), "chosen by its type"
        found = binding_of(spot.source, spot.node.id, spot.node)
        if found is None:
            return self._imported(spot)
        binding, scope = found
        inside = spot if scope is spot.source.scope_of(spot.node) else self._enclosing(spot, scope)
        return self._from_binding(inside, binding, scope)

    def _imported(self, spot: Spot) -> Spot | None:
        """A name imported from another file of the user's: its last assignment there."""
        assert isinstance(spot.node, ast.Name), "called for names"
        for node in spot.source.imports:
            for alias in node.names:
                if (alias.asname or alias.name) != spot.node.id:
                    continue
                source = module_source(node.module or "", node.level)
                found = bindings_in(source.tree, alias.name) if source is not None else []
                if source is not None and found and found[-1].kind == "value":
                    return Spot(source, found[-1].node, path=(*found[-1].path, *spot.path))
        return None

    def _enclosing(self, spot: Spot, scope: Scope) -> Spot:
        """The same spot seen from a scope around it: the frame of that scope, if it was still under way."""
        frame = next((f for f in reversed(self.frames) if f.source is spot.source and f.scope is scope), None)
        return replace(spot, frame=frame, caller=None, receiver=frame.receiver() if frame else None)

    def _from_binding(self, spot: Spot, binding: Binding, scope: Scope) -> Spot | None:
        """Follow one binding of a name."""
        path = (*binding.path, *spot.path)
        if binding.kind == "value" and spot.path and (item := stored_item(spot.source, binding, spot.node, path)):
            return spot.at(item, path[1:])
        if binding.kind == "value" or binding.kind == "with":
            return spot.at(binding.node, path)
        if binding.kind == "element":
            live = spot.at(spot.node, ()).value() if binding.path in ((), (1,)) else None
            return element(self, spot.at(binding.node, path), live)
        if binding.kind == "parameter" and isinstance(binding.node, ast.arg):
            return self._argument(spot, binding.node.arg, scope)
        return None

    def _argument(self, spot: Spot, name: str, scope: Scope) -> Spot | None:
        """What a parameter was given: the caller's expression, else the default."""
        assert not isinstance(scope, ast.Module), "a module has no parameters"
        if spot.caller is None and (only := self._only_call(scope)) is not None:
            spot = replace(spot, caller=only)
        if spot.caller is not None and isinstance(spot.caller.node, ast.Call):
            found = argument_of(spot.caller.node, scope, name)
            if found is not None:
                return spot.caller.at(found, spot.path)
            if spot.path and (found := gathered(spot.caller.node, scope, name, spot.path[0])) is not None:
                return spot.caller.at(found, spot.path[1:])
            for item, key in spread_over(spot.caller.node, scope, name):  # Tower(**config["text"]), net(*points(n))
                is_rest = scope.args.kwarg is not None and scope.args.kwarg.arg == name  # def make(**options)
                keyed = spot.caller.at(item, spot.path if is_rest else (key, *spot.path))
                if len(self.born(keyed).path) < len(keyed.path):
                    return keyed
        default = default_of(scope, name)
        if spot.caller is not None and default is not None:
            return spot.at(default)
        return None

    def _only_call(self, scope: Scope) -> Spot | None:
        """The only call of a function in the user's files, where it is not known who called it."""
        name = getattr(scope, "name", "")
        if name == "__init__":  # called by the name of its class
            owner = next((d for s in self.sites.sources if (d := s.class_of(scope)) is not None), None)
            name = owner.name if owner is not None else ""
        if not name or name.startswith("__") or name == "forward":
            return None  # called by other names
        calls = [
            (source, node)
            for source in self.sites.sources
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Call) and call_name(node) == name
        ]
        if len(calls) != 1:
            return None
        source, node = calls[0]
        here = source.scope_of(node)
        frame = next((f for f in reversed(self.frames) if f.source is source and f.scope is here), None)
        return self.spot(frame, node) if frame is not None else Spot(source, node)

    def _before_call(self, spot: Spot) -> Spot | None:
        """A call of a function, method, class or module of the user's: what it returns."""
        return self.returned(spot.at(spot.node.func, ()), spot.path, call=spot)  # type: ignore[attr-defined]

    def _before_attribute(self, spot: Spot) -> Spot | None:
        """`self.x`: the assignment in the class, preferably in `__init__`; a field of a configuration object."""
        assert isinstance(spot.node, ast.Attribute), "chosen by its type"
        if (found := assigned_before(spot)) is not None:
            return found
        owners, receiver, site = self._owners(spot)
        empty: Spot | None = None  # `self.hidden = None`, which another method fills
        for source, definition in owners:
            for scope in methods_first_init(definition):
                first = scope.args.args[0].arg if scope.args.args else "self"
                bindings = attribute_bindings(scope, first, spot.node.attr)
                if bindings:
                    caller = site if scope.name == "__init__" else None
                    path = (*bindings[-1].path, *spot.path)
                    found = Spot(source, bindings[-1].node, caller=caller, receiver=receiver, path=path)
                    if not isinstance(found.node, ast.Constant) or found.node.value is not None:
                        return found
                    empty = empty or found
        if empty is not None:
            return empty
        is_property = any(is_property_of(definition, spot.node.attr) for _, definition in owners)
        if is_property and (found := self.method_result(owners, spot.node.attr, spot.path, site, receiver)) is not None:
            return found
        for source, definition in owners:
            if (found := self._field(source, definition, spot, site)) is not None:
                return found
        return option(self, spot)

    def _owners(self, spot: Spot) -> tuple[Owners, Any, Spot | None]:
        """The classes of the object whose attribute is read, the object, and where it was built."""
        assert isinstance(spot.node, ast.Attribute), "called for attributes"
        base = spot.node.value
        is_self = isinstance(base, ast.Name) and base.id in ("self", "cls")
        receiver = spot.receiver if is_self else spot.at(base, ()).value()
        if isinstance(receiver, Built):
            return [(spot.source, receiver.definition)], receiver, receiver.made
        if receiver is not None and not isinstance(receiver, type):
            return class_nodes(type(receiver)), receiver, self.sites.of(receiver) or self._built_in(spot, base)
        if is_self:
            definition = spot.source.class_of(spot.source.scope_of(spot.node))
            return ([] if definition is None else [(spot.source, definition)]), None, None
        made = self.born(spot.at(base, ()))
        if isinstance(made.node, ast.Call) and (owners := self.class_called(made)):
            return owners, Built(owners[0][1], made), made
        return [], None, None

    def _built_in(self, spot: Spot, base: ast.AST) -> Spot | None:
        """Where an object was built, from the expression that names it."""
        if isinstance(base, ast.Name) and base.id == "self":
            return self.sites.search(spot.receiver)
        made = self.born(spot.at(base, ()))
        return made if isinstance(made.node, ast.Call) else None

    def _field(self, source: Source, definition: ast.ClassDef, spot: Spot, site: Spot | None) -> Spot | None:
        """A field of a dataclass or a class attribute: the keyword it was built with, else the value in the class."""
        assert isinstance(spot.node, ast.Attribute), "called for attributes"
        name = spot.node.attr
        if site is not None and isinstance(site.node, ast.Call) and method_of(definition, "__init__") is None:
            fields = [item.target.id for item in definition.body
                      if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)]  # fmt: skip
            given = keyword_of(site.node, name)
            if given is None and name in fields and fields.index(name) < len(site.node.args):
                given = site.node.args[fields.index(name)]
            if given is not None:
                return site.at(given, spot.path)
        for item in definition.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id == name:
                value = field_default(item.value)
                return Spot(source, value, path=spot.path) if value is not None else None
            if isinstance(item, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in item.targets):
                return Spot(source, item.value, path=spot.path)
        return None

    def _before_subscript(self, spot: Spot) -> Spot | None:
        """`pair[0]`, `config["width"]`: the part of the value, if it can be followed there."""
        assert isinstance(spot.node, ast.Subscript), "chosen by its type"
        key = self._key(spot)
        if key is None:
            return None
        for made in self.trail(spot.at(spot.node.value, (key, *spot.path)))[1:]:
            if len(made.path) <= len(spot.path):
                return made if made.path == spot.path else None
        return option(self, spot)

    def _key(self, spot: Spot) -> Key | None:
        assert isinstance(spot.node, ast.Subscript), "called for subscripts"
        inner = spot.node.slice
        if isinstance(inner, ast.Name | ast.Attribute):  # norms[kind]
            inner = self.born(spot.at(inner, ())).node  # type: ignore[assignment]
        value = inner.value if isinstance(inner, ast.Constant) else spot.at(spot.node.slice, ()).value()
        return value if isinstance(value, int | str) else None

    def _before_tuple(self, spot: Spot) -> Spot | None:
        return self._item(spot)

    def _before_list(self, spot: Spot) -> Spot | None:
        return self._item(spot)

    def _item(self, spot: Spot) -> Spot | None:
        items = spot.node.elts  # type: ignore[attr-defined]
        if spot.path and isinstance(spot.path[0], int) and -len(items) <= spot.path[0] < len(items):
            return spot.at(items[spot.path[0]], spot.path[1:])
        return None

    def _before_dict(self, spot: Spot) -> Spot | None:
        assert isinstance(spot.node, ast.Dict), "chosen by its type"
        for key, value in zip(spot.node.keys, spot.node.values, strict=True):
            if spot.path and isinstance(key, ast.Constant) and key.value == spot.path[0]:
                return spot.at(value, spot.path[1:])
        return None

    def _before_ifexp(self, spot: Spot) -> Spot | None:
        assert isinstance(spot.node, ast.IfExp), "chosen by its type"
        test = spot.at(spot.node.test, ()).value()
        return spot.at(spot.node.orelse if test is not None and not test else spot.node.body)

    def _before_namedexpr(self, spot: Spot) -> Spot | None:
        assert isinstance(spot.node, ast.NamedExpr), "chosen by its type"
        return spot.at(spot.node.value)

    def _before_await(self, spot: Spot) -> Spot | None:
        assert isinstance(spot.node, ast.Await), "chosen by its type"
        return spot.at(spot.node.value)
