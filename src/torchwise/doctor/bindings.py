"""Where a name got its value: the assignments, loops and parameters of one scope, by their place in the file."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torchwise.doctor.source import Scope, Source

Key = int | str
Kind = Literal["value", "element", "parameter", "definition", "with"]


@dataclass(frozen=True)
class Binding:
    """One place where a name is bound. kind: to a value, to the elements of one, to an argument, to a def or class.

    path: which part of the value, such as (1, 0) for `b` in `a, (b, c) = value`.
    """

    kind: Kind
    node: ast.AST  # the value, the iterable, the parameter, the def
    statement: ast.AST
    path: tuple[Key, ...] = ()


def binding_of(source: Source, name: str, use: ast.AST) -> tuple[Binding, Scope] | None:
    """The binding that a use of a name most likely sees, and its scope: the nearest one before it.

    In a loop a later one may be seen, in the next turn; in an enclosing scope the last one counts.
    """
    scope: Scope = source.scope_of(use)
    for comprehension in _comprehensions(source, use):
        found = [b for b in _of_comprehension(comprehension) if _target_name(b) == name]
        if found:
            return found[0][0], scope
    place = _place(source.statement_of(use))
    while True:
        bindings = [binding for binding in bindings_in(scope, name)]
        if bindings:
            before = [b for b in bindings if _place(b.statement) < place and not _is_other_branch(source, b, use)]
            visible = before or bindings
            in_loops = [b for b in bindings if b not in before and _shares_loop(source, b.statement, use)]
            own = [b for b in visible if b.kind != "parameter"]
            if before:
                return max(own or before, key=lambda b: _place(b.statement)), scope
            return max(in_loops or bindings, key=lambda b: _place(b.statement)), scope
        if isinstance(scope, ast.Module):
            return None
        scope = source.scope_of(scope)
        place = (1 << 30, 0)  # code of an enclosing scope may have run to its end


def bindings_in(scope: Scope, name: str) -> list[Binding]:
    """All bindings of a name in a scope, without those of functions inside it."""
    table: dict[str, list[Binding]] | None = getattr(scope, "_bindings", None)
    if table is None:  # found once for each scope: the same names are asked for again and again
        table = {}
        for binding, bound in _all_bindings(scope):
            table.setdefault(bound, []).append(binding)
        scope._bindings = table  # type: ignore[union-attr]
    return list(table.get(name, ()))


def _all_bindings(scope: Scope) -> Iterator[tuple[Binding, str]]:
    """Every binding of a scope with its name."""
    if not isinstance(scope, ast.Module):
        arguments = scope.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            yield Binding("parameter", argument, scope), argument.arg
        for argument in filter(None, [arguments.vararg, arguments.kwarg]):
            yield Binding("parameter", argument, scope), argument.arg
    body = [scope.body] if isinstance(scope, ast.Lambda) else scope.body
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        yield from _of_statement(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _of_statement(node: ast.AST) -> Iterator[tuple[Binding, str]]:
    """The names that a statement (or a walrus) binds."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _of_target(target, "value", node.value, node)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from _of_target(node.target, "value", node.value, node)
    elif isinstance(node, ast.AugAssign):
        yield from _of_target(node.target, "value", as_binop(node), node)
    elif isinstance(node, ast.NamedExpr):
        yield from _of_target(node.target, "value", node.value, node)
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield from _of_target(node.target, "element", node.iter, node)
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield from _of_target(item.optional_vars, "with", item.context_expr, node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield Binding("definition", node, node), node.name


_BINOPS: dict[ast.AugAssign, ast.BinOp] = {}


def as_binop(node: ast.AugAssign) -> ast.BinOp:
    """`x += y` as the expression `x + y`, with the statement's place."""
    if node not in _BINOPS:
        left: Any = ast.parse(ast.unparse(node.target), mode="eval").body
        binop = ast.copy_location(ast.BinOp(left=left, op=node.op, right=node.value), node)
        for child in ast.walk(left):
            ast.copy_location(child, node.target)
        _BINOPS[node] = binop
    return _BINOPS[node]


def _of_target(
    target: ast.expr, kind: Kind, value: ast.AST, statement: ast.AST, path: tuple[Key, ...] = ()
) -> Iterator[tuple[Binding, str]]:
    """The names in the target of an assignment or a loop, each with the part of the value it gets."""
    if isinstance(target, ast.Name):
        yield Binding(kind, value, statement, path), target.id
    elif isinstance(target, ast.Starred):
        yield from _of_target(target.value, kind, value, statement, path)
    elif isinstance(target, ast.Tuple | ast.List):
        for index, item in enumerate(target.elts):
            yield from _of_target(item, kind, value, statement, (*path, index))


def attribute_bindings(scope: Scope, receiver: str, name: str) -> list[Binding]:
    """The assignments `self.name = ...` of a method, in order."""
    found = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and (given := _registered(node, receiver, name)) is not None:
            found.append(Binding("value", given, node))
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        elif isinstance(node, ast.AugAssign):
            targets, value = [node.target], as_binop(node)
        for target in targets:
            for item, path in _leaves(target):
                if (
                    isinstance(item, ast.Attribute)
                    and item.attr == name
                    and isinstance(item.value, ast.Name)
                    and item.value.id == receiver
                ):
                    found.append(Binding("value", value, node, path))
    return sorted(found, key=lambda binding: _place(binding.statement))


def _registered(node: ast.Call, receiver: str, name: str) -> ast.expr | None:
    """The value in self.register_buffer("name", value), register_parameter, add_module or setattr(self, "name", value)."""
    function, arguments = node.func, list(node.args)
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == receiver:
        if function.attr not in ("register_buffer", "register_parameter", "add_module", "register_module"):
            return None
    elif isinstance(function, ast.Name) and function.id == "setattr" and arguments[:1]:
        if not isinstance(arguments[0], ast.Name) or arguments.pop(0).id != receiver:  # type: ignore[attr-defined]
            return None
    else:
        return None
    by_name = next((keyword.value for keyword in node.keywords if keyword.arg in ("tensor", "param", "module")), None)
    value = arguments[1] if len(arguments) > 1 else by_name
    is_named = bool(arguments) and isinstance(arguments[0], ast.Constant) and arguments[0].value == name
    return value if is_named else None


def stored_item(source: Source, binding: Binding, use: ast.AST, path: tuple[Key, ...]) -> ast.expr | None:
    """What `sample["x"] = ...` put into a dict or list after it was bound, in the same function; path: which item."""
    if not isinstance(use, ast.Name):
        return None
    scope, found = source.scope_of(binding.statement), None
    last = _place(use) if source.scope_of(use) is scope else (1 << 30, 0)
    for node in ast.walk(scope):
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if (
            isinstance(node, ast.Assign)
            and isinstance(target, ast.Subscript)
            and isinstance(target.value, ast.Name)
            and target.value.id == use.id
            and isinstance(target.slice, ast.Constant)
            and target.slice.value == path[0]
            and _place(binding.statement) < _place(node) < last
        ):
            found = node.value
    return found


def _leaves(target: ast.expr, path: tuple[Key, ...] = ()) -> Iterator[tuple[ast.expr, tuple[Key, ...]]]:
    """The single targets in a target, each with its part of the value."""
    if isinstance(target, ast.Tuple | ast.List):
        for index, item in enumerate(target.elts):
            yield from _leaves(item, (*path, index))
    else:
        yield target, path


def _comprehensions(source: Source, node: ast.AST) -> Iterator[ast.AST]:
    """The comprehensions around a node, from the inside out, up to its statement."""
    here = source.parents.get(node)
    while here is not None and not isinstance(here, ast.stmt):
        if isinstance(here, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            yield here
        here = source.parents.get(here)


def _of_comprehension(node: Any) -> list[tuple[Binding, str]]:
    """The names a comprehension binds."""
    return [
        found
        for generator in node.generators
        for found in _of_target(generator.target, "element", generator.iter, node)
    ]


def _target_name(found: tuple[Binding, str]) -> str:
    return found[1]


def _place(node: ast.AST) -> tuple[int, int]:
    """Where a node begins; the start of the file for a module."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _shares_loop(source: Source, statement: ast.AST, use: ast.AST) -> bool:
    """Whether both stand in one loop, so that the later one is seen in the next turn."""
    return bool(_loops(source, statement) & _loops(source, use))


def _loops(source: Source, node: ast.AST) -> set[ast.AST]:
    """The loops around a node."""
    found: set[ast.AST] = set()
    here = source.parents.get(node)
    while here is not None:
        if isinstance(here, ast.For | ast.While):
            found.add(here)
        here = source.parents.get(here)
    return found


def _is_other_branch(source: Source, binding: Binding, use: ast.AST) -> bool:
    """Whether the binding stands in the branch of an `if` that excludes the one of the use."""
    ours, theirs = dict(_branches(source, use)), dict(_branches(source, binding.statement))
    return any(theirs[test] != branch for test, branch in ours.items() if test in theirs)


def _branches(source: Source, node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Each `if` around a node, and whether the node stands in its first branch."""
    child, here = node, source.parents.get(node)
    while here is not None:
        if isinstance(here, ast.If) and child is not here.test:
            yield here, child in here.body
        child, here = here, source.parents.get(here)
