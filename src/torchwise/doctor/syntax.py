"""Questions to the syntax tree: what is called, what a parameter gets, what a function returns."""

import ast
from collections.abc import Iterator
from typing import Any

from torchwise.doctor.source import Scope


def call_name(node: ast.AST) -> str:
    """The last name of what is called: `from_numpy` for torch.from_numpy(x); "" for anything else."""
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def keyword_of(node: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword of a call."""
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def argument_of(node: ast.Call, scope: Any, name: str) -> ast.expr | None:
    """The expression of a call that a parameter of the function gets; methods are called without their first one."""
    if (given := keyword_of(node, name)) is not None:
        return given
    names = _positional(scope)
    index = names.index(name) if name in names else len(node.args)
    if any(isinstance(item, ast.Starred) for item in node.args[: index + 1]):
        return None
    return node.args[index] if index < len(node.args) else None


def gathered(node: ast.Call, scope: Any, name: str, key: str | int) -> ast.expr | None:
    """The expression of a call that a function finds in its own `**options` or `*values`, by name or place."""
    if scope.args.kwarg is not None and scope.args.kwarg.arg == name:
        return keyword_of(node, str(key))
    if scope.args.vararg is not None and scope.args.vararg.arg == name and isinstance(key, int) and key >= 0:
        place = len(_positional(scope)) + key
        plain = not any(isinstance(item, ast.Starred) for item in node.args)
        return node.args[place] if plain and place < len(node.args) else None
    return None


def spread_over(node: ast.Call, scope: Any, name: str) -> list[tuple[ast.expr, str | int]]:
    """The `*pair` and `**config` of a call that a parameter may come from, each with its place in there."""
    names = _positional(scope)
    found: list[tuple[ast.expr, str | int]] = [(item.value, name) for item in node.keywords if item.arg is None]
    for index, item in enumerate(node.args):
        if isinstance(item, ast.Starred):
            if name in names and names.index(name) >= index:
                found.append((item.value, names.index(name) - index))
            break
    return found


def _positional(scope: Any) -> list[str]:
    """The parameters that can be given by their place; methods are called without their first one."""
    names = [argument.arg for argument in [*scope.args.posonlyargs, *scope.args.args]]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def default_of(scope: Any, name: str) -> ast.expr | None:
    """The default of a parameter."""
    arguments = scope.args
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        if argument.arg == name:
            return default  # type: ignore[no-any-return]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if argument.arg == name:
            return default  # type: ignore[no-any-return]
    return None


def field_default(value: ast.expr | None) -> ast.expr | None:
    """The default of a field of a dataclass: itself, `field(default=...)`, `field(default_factory=lambda: ...)`."""
    if not isinstance(value, ast.Call) or call_name(value) != "field":
        return value
    factory = keyword_of(value, "default_factory")
    return keyword_of(value, "default") or (factory.body if isinstance(factory, ast.Lambda) else value)


def method_of(owner: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """A method of a class, as it is defined in its own body."""
    return next((item for item in owner.body if isinstance(item, ast.FunctionDef) and item.name == name), None)


def is_property_of(owner: ast.ClassDef, name: str) -> bool:
    """Whether a class computes an attribute in a method: @property, @cached_property."""
    method = method_of(owner, name)
    return method is not None and any("property" in ast.unparse(item) for item in method.decorator_list)


def methods_first_init(owner: ast.ClassDef) -> list[ast.FunctionDef]:
    """The methods of a class, `__init__` first."""
    methods = [item for item in owner.body if isinstance(item, ast.FunctionDef)]
    return sorted(methods, key=lambda method: method.name != "__init__")


def returns_of(scope: Scope) -> list[ast.expr]:
    """What a function gives: the values of its `return` and `yield`, in order, not those of functions inside it."""
    if isinstance(scope, ast.Lambda):
        return [scope.body]
    found = []
    stack: list[ast.AST] = list(reversed(scope.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            found.append(node.value)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))
    return sorted(found, key=lambda node: node.lineno)


def operands_of(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that a maker works on: both sides, the receiver of a method and the arguments."""
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Subscript):
        yield node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
        yield from (item.value if isinstance(item, ast.Starred) else item for item in node.args)
        yield from (keyword.value for keyword in node.keywords)
    elif isinstance(node, ast.Tuple | ast.List):
        yield from node.elts
