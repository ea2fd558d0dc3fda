"""Values that were put into a memory one by one and taken out of it together, as in reinforcement learning."""

import ast
from collections.abc import Iterator

from torchwise.doctor.bindings import Key, binding_of
from torchwise.doctor.flow import Flow
from torchwise.doctor.objects.backwards import walked
from torchwise.doctor.source import Source
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

PUTTING = {"append", "appendleft", "push", "add", "store", "remember", "put", "insert"}
DEEPEST = 4


def put_in_memory(flow: Flow, spot: Spot) -> Spot | None:
    """What was put in where an expression takes one part of all that a memory gave: batch.s, [m[0] for m in batch]."""
    found = _part(flow, spot)
    if found is None:
        return None
    batch, key = found
    for source in flow.sites.sources:
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.Call)
                and call_name(node) in PUTTING
                and node.args
                and _is_memory(flow, batch, node)
            ):
                item = _item(flow, Spot(source, node), key)
                if item is not None:
                    return item
    return None


def _part(flow: Flow, spot: Spot) -> tuple[Spot, Key] | None:
    """The expression of the samples that were drawn, and which part of each is meant, by its place or name."""
    node = spot.node
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        spot, node = spot.at(node.elt, ()), node.elt
    base = node.value if isinstance(node, ast.Attribute | ast.Subscript) else None
    found = binding_of(spot.source, base.id, base) if isinstance(base, ast.Name) else None
    if found is not None and found[0].kind == "element" and not found[0].path:
        batch = spot.at(found[0].node, ())
        if isinstance(node, ast.Attribute):
            return batch, node.attr
        value = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else None
        return (batch, value) if isinstance(value, int | str) else None
    if isinstance(node, ast.Attribute):  # Transition(*zip(*samples)).state
        made = flow.born(spot.at(node.value, ()))
        zipped = next((item for item in walked(made.node) if _is_zipped(item)), None)
        return (made.at(zipped.args[0].value, ()), node.attr) if zipped is not None else None  # type: ignore[attr-defined]
    if _is_zipped(node) and spot.path:
        return spot.at(node.args[0].value, ()), spot.path[0]  # type: ignore[attr-defined]
    return None


def _is_zipped(node: ast.AST) -> bool:
    """zip(*samples)."""
    return isinstance(node, ast.Call) and call_name(node) == "zip" and len(node.args) == 1 and (
        isinstance(node.args[0], ast.Starred)
    )  # fmt: skip


def _is_memory(flow: Flow, batch: Spot, put: ast.Call) -> bool:
    """Whether what is put in goes where the samples come from: self.memory, which was also drawn from."""
    kept = ast.unparse(put.func.value).rpartition(".")[2] if isinstance(put.func, ast.Attribute) else ""
    return any(
        isinstance(node, ast.Name | ast.Attribute) and (node.id if isinstance(node, ast.Name) else node.attr) == kept
        for step in flow.trail(batch)
        for node in ast.walk(step.node)
    )


def _item(flow: Flow, put: Spot, key: Key, depth: int = 0) -> Spot | None:
    """The part of the item that is put in: of a tuple, of Transition(s, a, r), of what put(s, a, r) was called with."""
    call = put.node
    assert isinstance(call, ast.Call), "asked for calls"
    items: list[ast.expr] = call.args
    if len(items) == 1 and isinstance(items[0], ast.Name):
        born = flow.born(put.at(items[0], ()))
        items = [born.node] if isinstance(born.node, ast.Tuple | ast.Call) else items
    first = items[0]
    if isinstance(first, ast.Call) and not isinstance(first.func, ast.Attribute):
        given = next((word.value for word in first.keywords if word.arg == key), None)
        if given is not None:
            return put.at(given, ())
        items = first.args
    elif isinstance(first, ast.Tuple | ast.List):
        items = first.elts
    index = key if isinstance(key, int) else _place_of(flow, put, first, key)
    starred = next((item.value for item in items if isinstance(item, ast.Starred)), None)
    if starred is not None or index is None:
        return _from_callers(flow, put, key if index is None else index, depth) if starred is not None else None
    return put.at(items[index], ()) if len(items) > 1 and -len(items) <= index < len(items) else None


def _from_callers(flow: Flow, put: Spot, key: Key, depth: int) -> Spot | None:
    """The same for `def push(self, *args): self.memory.append(Transition(*args))`: where push was called."""
    name = getattr(put.source.scope_of(put.node), "name", "")
    for source, node in _calls(flow, name) if depth < DEEPEST else ():
        found = _item(flow, Spot(source, node), key, depth + 1)
        if found is not None:
            return found
    return None


def _calls(flow: Flow, name: str) -> Iterator[tuple[Source, ast.Call]]:
    for source in flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and call_name(node) == name and node.args:
                yield source, node


def _place_of(flow: Flow, put: Spot, item: ast.expr, field: Key) -> int | None:
    """The place of a field in a namedtuple or NamedTuple of the user's."""
    name = call_name(item)
    for node in ast.walk(put.source.tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            fields = [part.target.id for part in node.body
                      if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]  # fmt: skip
            return fields.index(str(field)) if field in fields else None
        is_made = isinstance(node, ast.Call) and call_name(node) == "namedtuple" and len(node.args) > 1
        if is_made and isinstance(node.args[0], ast.Constant) and node.args[0].value == name:  # type: ignore[attr-defined]
            given = ast.literal_eval(node.args[1])  # type: ignore[attr-defined]
            fields = given.replace(",", " ").split() if isinstance(given, str) else list(given)
            return fields.index(str(field)) if field in fields else None
    return None
