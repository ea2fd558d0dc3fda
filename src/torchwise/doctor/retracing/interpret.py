"""A small interpreter of the user's expressions, with none of their side effects.

It serves retrace.py, which runs `forward` and its helpers on tensors that hold no numbers. What can't be known, such as
a branch that depends on numbers, raises Unknown.
"""

import ast
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.evaluate import OPERATORS, Evaluator, Unknown, attribute, is_plain_tensor
from torchwise.doctor.frames import Frame
from torchwise.doctor.spots import Spot, take

MOST_TURNS = 400
MOST_STEPS = 40_000  # expressions; a network of a hundred layers takes a few thousand
UNKNOWN = object()
ITERABLE: tuple[type, ...] = (
    list, tuple, range, zip, enumerate, reversed, str, set, type({}.items()), type({}.values()), type({}.keys()),
)  # fmt: skip


class Spent(Exception):
    """The program is too large to be run again."""


@dataclass(eq=False)
class Running:
    """One call under way: its variables, and where it stands in the code.

    frame: the live frame that it repeats, if there is one. is_live: its variables are those of the frame.
    """

    spot: Spot
    names: dict[str, Any]
    outside: dict[str, Any]
    function: Any = None
    frame: Frame | None = None
    is_live: bool = False
    parent: "Running | None" = None


@dataclass(eq=False)
class Nested:
    """A lambda or a function defined in a function."""

    node: ast.Lambda | ast.FunctionDef
    parent: Running


class Interpreter(Evaluator):
    """Evaluates code of the user's by its syntax. `apply` says what a call gives, `adopt` what becomes of a value."""

    def __init__(self, running: Running) -> None:
        super().__init__(None)
        self.running = running
        self.node: ast.AST = ast.Pass()
        self.spent = 0
        self.stored: dict[tuple[int, str], Any] = {}  # attributes that were set meanwhile
        self.own: list[Any] = []  # lists and dicts made here, which may be changed
        self.made: dict[ast.AST, Any] = {}  # what assignments of live frames gave when they were made again
        self.under_way: set[ast.AST] = set()  # statements being made again

    def apply(self, function: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """What a call gives."""
        raise AssertionError("a retrace has this")

    def adopt(self, value: Any, node: ast.AST) -> Any:
        """What stands for a value that was loaded."""
        raise AssertionError("a retrace has this")

    def evaluate(self, node: ast.AST) -> Any:
        """The value of an expression. Raises Unknown."""
        self.spent += 1
        if self.spent > MOST_STEPS:
            raise Spent
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise Unknown(type(node).__name__)
        before, self.node = self.node, node
        try:
            return self.adopt(method(node), node)
        finally:
            self.node = before

    def _name(self, node: ast.Name) -> Any:
        if self.running.is_live:
            return self._live(node)
        here: Running | None = self.running
        while here is not None:
            if node.id in here.names:
                if here.names[node.id] is UNKNOWN:
                    raise Unknown(node.id)
                return here.names[node.id]
            here = here.parent
        return self._global(node.id)

    def _global(self, name: str) -> Any:
        builtins: Any = self.running.outside.get("__builtins__", {})
        for names in (self.running.outside, builtins if isinstance(builtins, dict) else vars(builtins)):
            if name in names:
                return names[name]
        raise Unknown(name)

    def _live(self, node: ast.Name) -> Any:
        """A variable of a live frame: made again by its assignment where that can be done, else as it is now."""
        frame = self.running.frame
        assert frame is not None and frame.source is not None, "a live call has its frame"
        found = binding_of(frame.source, node.id, node)
        value = frame.locals.get(node.id, UNKNOWN)
        if found is None or found[1] is not frame.scope:
            return self._global(node.id) if value is UNKNOWN else value
        binding = found[0]
        last = binding_of(frame.source, node.id, frame.node) if frame.node is not None else None
        is_current = last is not None and last[0].statement is binding.statement
        if is_current and _is_plain(value):  # numbers, texts and lists of them have no way through layers
            return value
        made = UNKNOWN
        if binding.kind == "value" and binding.statement not in self.under_way and len(self.under_way) < MOST_TURNS:
            made = self._made_again(binding.statement, binding.node, binding.path)
        if is_current and value is not UNKNOWN and not _alike(made, value):
            return value
        if made is UNKNOWN:
            raise Unknown(node.id)
        return made

    def _made_again(self, statement: ast.AST, node: ast.AST, path: Any) -> Any:
        """What an assignment gave, made once: the same tensor for all who read it."""
        if statement not in self.made:
            self.under_way.add(statement)
            try:
                self.made[statement] = self.evaluate(node)
            except Unknown:
                return UNKNOWN
            finally:
                self.under_way.discard(statement)
        return take(self.made[statement], path, UNKNOWN)

    def _attribute(self, node: ast.Attribute) -> Any:
        base = self.evaluate(node.value)
        if (id(base), node.attr) in self.stored:
            return self.stored[id(base), node.attr]
        if is_plain_tensor(base) and node.attr in ("T", "mT", "H", "real", "data"):
            return self.apply(getattr, [base, node.attr], {})
        static = getattr(type(base), node.attr, None)
        if isinstance(static, property) and isinstance(static.fget, types.FunctionType) and isinstance(base, nn.Module):
            return self.apply(static.fget, [base], {})
        return attribute(base, node.attr)

    def _subscript(self, node: ast.Subscript) -> Any:
        base = self.evaluate(node.value)
        index = self.evaluate(node.slice)
        if is_plain_tensor(base):
            return self.apply(Tensor.__getitem__, [base, index], {})
        if type(base) in (nn.ModuleList, nn.Sequential, nn.ModuleDict, nn.ParameterList):
            return base[index]
        if type(base) in (list, tuple, dict, str, range) or isinstance(base, tuple):
            return base[index]
        raise Unknown("a subscript of the user's own class")

    def _list(self, node: ast.List) -> Any:
        return self.keep([*self._spread(node.elts)])

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._spread(node.elts))

    def _dict(self, node: ast.Dict) -> Any:
        pairs = zip(node.keys, node.values, strict=True)
        return self.keep({self.evaluate(key): self.evaluate(value) for key, value in pairs if key is not None})

    def keep(self, value: Any) -> Any:
        """Note a list or dict as made here."""
        self.own.append(value)
        return value

    def _spread(self, nodes: list[ast.expr]) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.items(self.evaluate(node.value))
            else:
                yield self.evaluate(node)

    def _binop(self, node: ast.BinOp) -> Any:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        return self.apply(OPERATORS[type(node.op)], [left, right], {})

    def _boolop(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for item in node.values:
            value = self.evaluate(item)
            if self.truth(value) is isinstance(node.op, ast.Or):
                return value
        return value

    def _compare(self, node: ast.Compare) -> Any:
        left = self.evaluate(node.left)
        for kind, item in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(item)
            if isinstance(kind, ast.In | ast.NotIn):
                value = (left in self.items(right)) is isinstance(kind, ast.In)
            else:
                value = self.apply(OPERATORS[type(kind)], [left, right], {})
            if len(node.ops) == 1 or not self.truth(value):
                return value
            left = right
        return True

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.evaluate(node.body if self.truth(self.evaluate(node.test)) else node.orelse)

    def _namedexpr(self, node: ast.NamedExpr) -> Any:
        value = self.evaluate(node.value)
        if not self.running.is_live:
            self.running.names[node.target.id] = value
        return value

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        parts = (self.evaluate(p.value) if isinstance(p, ast.FormattedValue) else self.evaluate(p) for p in node.values)
        return "".join(str(part) for part in parts)

    def _lambda(self, node: ast.Lambda) -> Any:
        return Nested(node, self.running)

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp) -> Any:
        generator = node.generators[0]
        if len(node.generators) > 1 or generator.ifs or generator.is_async:
            raise Unknown("a comprehension of several parts")
        items = self.items(self.evaluate(generator.iter))
        before = self.running
        self.running = Running(before.spot, {}, before.outside, before.function, before.frame, parent=before)
        try:
            found = []
            for item in items:
                self.assign(generator.target, item)
                found.append(self.evaluate(node.elt))
        finally:
            self.running = before
        return self.keep(found)

    _generatorexp = _listcomp

    def truth(self, value: Any) -> bool:
        """Whether a value counts as true. Raises Unknown for tensors, whose numbers are not there."""
        if isinstance(value, Tensor):
            raise Unknown("a branch that depends on numbers")
        return bool(value)

    def items(self, value: Any) -> list[Any]:
        """The items of a list, of a list of modules, of the first dimension of a tensor."""
        if isinstance(value, nn.ModuleList | nn.Sequential):
            return list(value._modules.values())
        if isinstance(value, nn.ModuleDict | dict):
            return list(value.keys())
        if is_plain_tensor(value) and value.dim() and len(value) <= MOST_TURNS:
            return [*self.apply(Tensor.unbind, [value], {})]
        if isinstance(value, ITERABLE):
            found: list[Any] = [*value]  # type: ignore[misc]  # each of these types can be iterated
            if len(found) <= MOST_TURNS:
                return found
        raise Unknown("these items")

    def assign(self, target: ast.AST, value: Any) -> None:
        """Give a value to a target."""
        if isinstance(target, ast.Name):
            self.running.names[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            parts = [UNKNOWN] * len(target.elts) if value is UNKNOWN else self.items(value)
            for item, part in zip(target.elts, parts, strict=False):
                self.assign(item, UNKNOWN if isinstance(item, ast.Starred) else part)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        elif isinstance(target, ast.Attribute):
            self.stored[id(self.evaluate(target.value)), target.attr] = value
        elif isinstance(target, ast.Subscript):
            base = self.evaluate(target.value)
            if any(base is item for item in self.own):
                base[self.evaluate(target.slice)] = value


def _is_plain(value: Any) -> bool:
    """Whether a value is a number, a text, or a list or tuple that begins with one."""
    if isinstance(value, list | tuple) and value:
        return _is_plain(value[0])
    return isinstance(value, int | float | str | bytes)


def _alike(made: Any, value: Any) -> bool:
    """Whether a value that was made again looks like the one that is there."""
    if isinstance(made, Tensor) and isinstance(value, Tensor):
        return made.shape == value.shape
    if isinstance(made, tuple | list) and isinstance(value, tuple | list):
        return len(made) == len(value) and all(_alike(m, v) for m, v in zip(made, value, strict=True))
    return made is value or (isinstance(made, int | float | str) and made == value)
