"""Values that outlive a turn of the loop with their graph: what a turn reads before it sets it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.bindings import Binding, attribute_bindings, binding_of, bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.past.events import LOOPS, loops_around
from torchwise.doctor.source import Source, class_nodes
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name

HARMLESS = {"detach", "data", "item", "tolist", "shape", "size", "device", "dtype", "dim", "numel", "detach_", "grad"}
TELLING = {"print", "len", "isinstance", "float", "int", "append_row", "format"}
MOST_OBJECTS = 400


@dataclass(frozen=True, eq=False)
class Held:
    """A variable of the user's that holds tensors with a graph.

    text: as it is written. value: what it holds. spots: the statements that assign it, in order of the file.
    is_read_first: whether a turn (or a call) reads it before it sets it.
    """

    text: str
    value: Any
    spots: tuple[Spot, ...]
    is_read_first: bool
    frame: Frame | None = None
    owner: Any = None

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors it holds that have a graph."""
        return with_graph(self.value)


def with_graph(value: Any, depth: int = 3) -> list[Tensor]:
    """The tensors with a graph in a value and the lists, tuples and dicts in it."""
    if isinstance(value, Tensor):
        return [value] if value.grad_fn is not None else []
    if depth == 0:
        return []
    items = list(value.values()) if isinstance(value, dict) else value
    if isinstance(items, list | tuple) or type(items).__name__ == "deque":
        return [found for item in list(items)[:64] for found in with_graph(item, depth - 1)]
    return []


def carried_names(case: Case) -> Iterator[Held]:
    """Local variables that a loop around the failing line carries from turn to turn, those of the inner calls first."""
    for frame in reversed(case.user):
        source, scope = frame.source, frame.scope
        if source is None or scope is None:
            continue
        for loop in loops_around(frame):
            for name in _stored(loop):
                bindings = [
                    b for b in bindings_in(scope, name) if b.kind == "value" and _inside(source, b.statement, loop)
                ]
                value = frame.locals.get(name)
                if not bindings or not with_graph(value) or not _is_read_first(source, loop, name, bindings):
                    continue
                spots = tuple(case.flow.spot(frame, b.statement) for b in bindings)
                yield Held(name, value, spots, True, frame=frame)


def outside_names(case: Case) -> Iterator[Held]:
    """Local variables with a graph that were set before the loop around the failing line, and not in it."""
    for frame in case.user:
        source, scope = frame.source, frame.scope
        loops = loops_around(frame)
        if source is None or scope is None:
            continue
        inner = [f for f in case.user[case.user.index(frame) + 1 :] if loops_around(f)]
        for name, value in list(frame.locals.items()):
            bindings = [b for b in bindings_in(scope, name) if b.kind == "value"]
            if not bindings or not with_graph(value) or not (loops or inner):
                continue
            if not loops or not any(_inside(source, b.statement, loops[0]) for b in bindings):
                yield Held(name, value, tuple(case.flow.spot(frame, b.statement) for b in bindings), False, frame=frame)


def captured_names(case: Case) -> Iterator[Held]:
    """Variables with a graph that a function takes from around it, where a library calls it: a closure of LBFGS."""
    frame = case.frame
    if frame is None or frame.source is None or frame.node is None:
        return
    index = case.frames.index(frame)
    if index == 0 or case.frames[index - 1].is_user:
        return
    for name in frame.code.co_freevars:
        found = binding_of(frame.source, name, frame.node)
        value = frame.locals.get(name)
        if found is not None and found[0].kind == "value" and with_graph(value):
            yield Held(name, value, (case.flow.spot(frame, found[0].statement),), False, frame=frame)


def held_attributes(case: Case) -> Iterator[Held]:
    """Attributes of live objects of the user's that hold tensors with a graph."""
    for owner in objects_of(case):
        definitions = class_nodes(type(owner))
        if not definitions:
            continue
        for name, value in list(vars(owner).items()) + list(getattr(owner, "_buffers", {}).items()):
            if name in ("_parameters", "_modules", "_buffers") or not with_graph(value):
                continue
            yield _attribute(case, owner, name, value, definitions)


def _attribute(case: Case, owner: Any, name: str, value: Any, definitions: Any) -> Held:
    spots: list[Spot] = []
    is_read_first = False
    for source, definition in definitions:
        for method in (item for item in definition.body if isinstance(item, ast.FunctionDef)):
            first = method.args.args[0].arg if method.args.args else "self"
            bindings = attribute_bindings(method, first, name)
            spots += [Spot(source, b.statement, receiver=owner) for b in bindings]
            is_read_first = is_read_first or _reads_attribute(source, method, first, name, bindings)
    is_read_first = is_read_first or _reads_elsewhere(case, name)
    return Held(f"self.{name}", value, tuple(spots), is_read_first, owner=owner)


def objects_of(case: Case) -> list[Any]:
    """The user's objects around the failure: receivers, modules and their parts, what variables hold."""
    found: dict[int, Any] = {}
    waiting: list[Any] = []
    for frame in reversed(case.user):
        waiting += [frame.receiver(), *list(frame.locals.values())[:200]]
    while waiting and len(found) < MOST_OBJECTS:
        value = waiting.pop(0)
        if value is None or id(value) in found or isinstance(value, type) or not hasattr(value, "__dict__"):
            continue
        if isinstance(value, nn.Module):
            for part in value.modules():
                found.setdefault(id(part), part)
        elif not class_nodes(type(value)):
            continue
        found[id(value)] = value
        waiting += list(vars(value).values())[:60]
    return list(found.values())


def _stored(loop: ast.AST) -> list[str]:
    """The names that a loop's body sets, in order of the file."""
    names = [
        node.id for node in ast.walk(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]  # fmt: skip
    return list(dict.fromkeys(names))


def _is_read_first(source: Source, loop: ast.AST, name: str, bindings: list[Binding]) -> bool:
    """Whether a turn of the loop may read a name before it sets it, in a way that takes the graph along."""
    loads = [
        node for node in ast.walk(loop)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        and not is_harmless(source, node)
    ]  # fmt: skip
    if any(isinstance(b.statement, ast.AugAssign) for b in bindings):
        statements = [b.statement for b in bindings if isinstance(b.statement, ast.AugAssign)]
        return any(not _is_set_before(source, statement, bindings) for statement in statements)
    return any(not _is_set_before(source, node, bindings) for node in loads)


def _is_set_before(source: Source, use: ast.AST, bindings: list[Binding]) -> bool:
    """Whether some assignment stands before a use on every way to it, within the turn or the call."""
    setting = {b.statement for b in bindings if not isinstance(b.statement, ast.AugAssign)}
    home = source.scope_of(bindings[0].statement) if bindings else None
    child: ast.AST = source.statement_of(use)
    here = source.parents.get(child)
    while here is not None:
        if _sets_in(here, child, setting):
            return True
        if isinstance(here, LOOPS) or here is home:
            return False
        child, here = here, source.parents.get(here)
    return False


def _sets_in(outer: ast.AST, child: ast.AST, setting: set[ast.AST]) -> bool:
    """Whether a statement before `child` in its block surely sets the variable."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(outer, name, None)
        if isinstance(block, list) and child in block:
            return any(_surely_sets(item, setting) for item in block[: block.index(child)])
    return False


def _surely_sets(statement: ast.AST, setting: set[ast.AST]) -> bool:
    """Whether running a statement sets the variable: itself, or in both branches of an `if`."""
    if statement in setting:
        return True
    if isinstance(statement, ast.If):
        return all(any(_surely_sets(item, setting) for item in block) for block in (statement.body, statement.orelse))
    return isinstance(statement, ast.With | ast.Try) and any(_surely_sets(item, setting) for item in statement.body)


def is_harmless(source: Source, node: ast.AST) -> bool:
    """Whether a use of a tensor takes nothing of its graph along: x.detach(), x.item(), x is None, print(x)."""
    parent = source.parents.get(node)
    if isinstance(parent, ast.Attribute):
        return parent.attr in HARMLESS
    if isinstance(parent, ast.Compare | ast.FormattedValue):
        return True
    if isinstance(parent, ast.Call) and node in parent.args:
        return call_name(parent) in TELLING or _is_detacher(source, parent)
    return isinstance(parent, ast.comprehension) and is_detaching(source.parents.get(parent))


def _is_detacher(source: Source, call: ast.Call) -> bool:
    """Whether a function of the file that is called detaches what it gets: repackage(hidden)."""
    name = call_name(call)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef) and node.name == name and len(node.body) <= 5:
            read = {item.attr for item in ast.walk(node) if isinstance(item, ast.Attribute)}
            return bool(read & {"detach", "detach_", "data"}) and "backward" not in read
    return False


def is_detaching(node: ast.AST | None) -> bool:
    """Whether an expression gives its values without their graphs: x.detach(), (h.detach(), c.detach())."""
    if isinstance(node, ast.Tuple | ast.List):
        return all(is_detaching(item) for item in node.elts)
    if node is None:
        return False
    inner = [item for item in ast.walk(node) if not isinstance(item, ast.expr_context)]
    return any(isinstance(item, ast.Attribute) and item.attr in ("detach", "data", "item", "detach_") for item in inner)


def _reads_attribute(source: Source, method: ast.FunctionDef, first: str, name: str, bindings: list[Binding]) -> bool:
    """Whether a method reads an attribute before it sets it; `__init__` sets things up and doesn't count."""
    if method.name == "__init__":
        return False
    loads = [
        node for node in ast.walk(method)
        if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name) and node.value.id == first and not is_harmless(source, node)
    ]  # fmt: skip
    adds = [b for b in bindings if isinstance(b.statement, ast.AugAssign)]
    return bool(adds) or any(not _is_set_before(source, node, bindings) for node in loads)


def _reads_elsewhere(case: Case, name: str) -> bool:
    """Whether code outside of the class reads an attribute of this name."""
    for source in case.flow.sites.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load):
                is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
                if not is_own and not is_harmless(source, node):
                    return True
    return False


def _inside(source: Source, node: ast.AST, outer: ast.AST) -> bool:
    here: ast.AST | None = node
    while here is not None:
        if here is outer:
            return True
        here = source.parents.get(here)
    return False
