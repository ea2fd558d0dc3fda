"""Small changes of an expression in the user's code: how it would read, and what it would give."""

import ast
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.passing import REDUCTIONS
from torchwise.doctor.tracing.rewriting import grafted, replaced
from torchwise.doctor.tracing.sizes import Sizes

HIGHEST = 4  # dimensions that are tried
REARRANGING = {"squeeze", "unsqueeze", "transpose", "t", "permute", "swapaxes", "movedim", "flatten"}
ORDERED = {"transpose", "swapaxes", "permute"}  # all their orders are tried already


@dataclass(frozen=True, eq=False)
class Edit:
    """`part` of the expression at `spot` reads `text` instead. cost: the higher, the less likely this was meant."""

    spot: Spot
    part: ast.AST
    text: str
    cost: float
    kind: str = ""
    around: ast.AST | None = None  # as much of its surroundings as the mend is to show

    @property
    def change(self) -> Change:
        """The edit as a mend: the expression, or the one around it if its text stands more than once on its line."""
        return replaced(self.spot, self.part, self.text, least=self.around or self.spot.node)

    def value(self, sizes: Sizes) -> Any:
        """What the expression would give; None if that is not known."""
        node = grafted(self.spot, self.part, self.text)
        return sizes.value(self.spot.at(node)) if node is not None else None


def edits(sizes: Sizes, spot: Spot) -> Iterator[Edit]:
    """The changes of one expression that are worth a try, by how people go wrong."""
    node = spot.node
    if isinstance(node, ast.Call):
        yield from _kept_dimension(sizes, spot)
        yield from _undone(spot)
        yield from _reordered(sizes, spot)
        yield from _padded(spot)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        receiver = spot.source.text(node.value)
        if len(sizes.shape(spot.at(node.value, ())) or ()) > 2:
            yield Edit(spot, node, f"{receiver}.transpose(-2, -1)", 1.2, "reordered")
        yield Edit(spot, node, receiver, 1.8, "undone")
    elif isinstance(node, ast.Subscript):
        yield from _bounds(sizes, spot)
        yield from _kept_index(sizes, spot)
    if isinstance(node, ast.Call | ast.Subscript):
        yield from _dimensions(sizes, spot)
    if isinstance(node, ast.Call | ast.ListComp):
        yield from _listed(spot)
    if isinstance(node, ast.Compare | ast.BinOp):
        yield from _outer(spot)


def _outer(spot: Spot) -> Iterator[Edit]:
    """Rows and columns exchanged where two vectors meet: steps[None, :] < lengths[:, None]."""
    node = spot.node
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return
    pair = (node.left, node.comparators[0]) if isinstance(node, ast.Compare) else (node.left, node.right)  # type: ignore[attr-defined]
    ends = [_placing(item) for item in pair]
    if ends[0] is None and ends[1] is None:
        return
    bases = [spot.source.text(end or item) for item, end in zip(pair, ends, strict=True)]
    tails = [spot.source.text(item)[len(base) :] for item, base in zip(pair, bases, strict=True)]
    whole, (one, other) = spot.text, map(spot.source.text, pair)
    between = whole[len(one) : len(whole) - len(other)]
    if whole.startswith(one) and whole.endswith(other):
        yield Edit(spot, node, f"{bases[0]}{tails[1]}{between}{bases[1]}{tails[0]}", 1.1, "turned")


def _padded(spot: Spot) -> Iterator[Edit]:
    """pad_sequence with batch_first the other way round."""
    node = spot.node
    if not isinstance(node, ast.Call) or call_name(node) != "pad_sequence":
        return
    given = keyword_of(node, "batch_first")
    if given is None and spot.text.endswith(")") and len(node.args) == 1:
        inner = spot.text[:-1].rstrip().removesuffix(",")
        yield Edit(spot, node, f"{inner}, batch_first=True)", 1.0, "turned")
    elif isinstance(given, ast.Constant):
        yield Edit(spot, given, str(not given.value), 1.4, "turned")


def _placing(node: ast.expr) -> ast.expr | None:
    """The vector of which an expression makes a row or a column: x of x[:, None], x.unsqueeze(1), x.view(-1, 1)."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        is_none = any(isinstance(item, ast.Constant) and item.value is None for item in node.slice.elts)
        return node.value if is_none else None
    names = ("unsqueeze", "view", "reshape")
    return node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and (
        node.func.attr in names
    ) else None  # fmt: skip


def _kept_dimension(sizes: Sizes, spot: Spot) -> Iterator[Edit]:
    """keepdim=True for a reduction along a dimension."""
    node = spot.node
    assert isinstance(node, ast.Call), "called for calls"
    name = call_name(node)
    if name not in REDUCTIONS - {"argmax", "argmin"}:
        return
    text = spot.text
    is_numpy = not isinstance(sizes.value(spot), Tensor | tuple)
    word = "keepdims" if is_numpy else "keepdim"
    given = keyword_of(node, word)
    if given is None and (node.keywords or node.args) and text.endswith(")"):
        inner = text[:-1].rstrip().removesuffix(",")
        yield Edit(spot, node, f"{inner}, {word}=True)", 1.0, "keepdim")
    elif isinstance(given, ast.Constant) and given.value is False:
        yield Edit(spot, given, "True", 1.0, "keepdim")


def _undone(spot: Spot) -> Iterator[Edit]:
    """Without a squeeze or a transpose; a squeeze of one dimension for one of all."""
    node = spot.node
    assert isinstance(node, ast.Call), "called for calls"
    name = call_name(node)
    if name not in REARRANGING or not isinstance(node.func, ast.Attribute):
        return
    receiver = spot.source.text(node.func.value)
    if receiver in ("torch", "F", "np"):
        return
    if name == "squeeze" and not node.args and not node.keywords:
        for dim in (-1, 0, 1, 2):
            yield Edit(spot, node, f"{receiver}.squeeze({dim})", 1.4 + 0.1 * abs(dim), "squeeze")
    yield Edit(spot, node, receiver, 1.8, "undone")


def _reordered(sizes: Sizes, spot: Spot) -> Iterator[Edit]:
    """Other dimensions for transpose and permute."""
    node = spot.node
    assert isinstance(node, ast.Call), "called for calls"
    name = call_name(node)
    numbers = [item for item in node.args if is_number(item)]
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    rank = len(sizes.shape(spot.at(receiver, ())) or ()) if receiver is not None else 0
    if len(numbers) != len(node.args) or not 1 < rank <= HIGHEST or receiver is None or node.keywords:
        return
    before = spot.source.text(node.func)
    now = tuple(sizes.value(spot.at(item, ())) for item in numbers)
    if name in ("transpose", "swapaxes"):
        for pair in ((-2, -1), *itertools.islice(itertools.combinations(range(rank), 2), math.comb(rank, 2) - 1)):
            if {dim % rank for dim in pair} != {dim % rank for dim in now}:
                yield Edit(spot, node, f"{before}({pair[0]}, {pair[1]})", 1.9 + 0.1 * (pair != (-2, -1)), "reordered")
    elif name == "permute":
        for order in itertools.permutations(range(rank)):
            if order != now:
                moved = sum(a != b for a, b in zip(order, now, strict=False)) + abs(len(order) - len(now))
                cost = 1.6 + 0.1 * moved + 0.3 * (order[0] != 0)
                yield Edit(spot, node, f"{before}({', '.join(map(str, order))})", cost, "reordered")


def _bounds(sizes: Sizes, spot: Spot) -> Iterator[Edit]:
    """A slice by one more or one less, or with the other sign."""
    node = spot.node
    assert isinstance(node, ast.Subscript), "called for subscripts"
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for part in parts:
        for bound in (part.lower, part.upper) if isinstance(part, ast.Slice) else ():
            value = sizes.value(spot.at(bound, ())) if bound is not None else None
            if bound is None or not isinstance(value, int) or not is_number(bound):
                continue
            for other in (value + 1, value - 1, -value):
                if other:
                    yield Edit(spot, bound, str(other), 2.0, "bound")


def _listed(spot: Spot) -> Iterator[Edit]:
    """A slice without the one more or less in its bound, where a list is made from it: memory[-n - 1 :]."""
    for inner in ast.walk(spot.node):
        for generator in inner.generators if isinstance(inner, ast.ListComp) else ():
            for part in ast.walk(generator.iter):
                for bound in (part.lower, part.upper) if isinstance(part, ast.Slice) else ():
                    if isinstance(bound, ast.BinOp) and isinstance(bound.right, ast.Constant):
                        yield Edit(spot, bound, spot.source.text(bound.left), 1.6, "bound")


def _kept_index(sizes: Sizes, spot: Spot) -> Iterator[Edit]:
    """A slice of one for a number, so that the dimension stays: x[0:1] for x[0]."""
    node = spot.node
    assert isinstance(node, ast.Subscript), "called for subscripts"
    if sizes.shape(spot.at(node.value, ())) is None:
        return
    for part in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
        if isinstance(part, ast.Slice | ast.Constant) and not is_number(part):
            continue
        value = sizes.value(spot.at(part, ()))
        if isinstance(value, int) and not isinstance(value, bool):
            text = spot.source.text(part)
            taken = f"{text}:{value + 1}" if is_number(part) else f"{text} : {text} + 1"
            taken = f"{text}:" if value == -1 else taken
            is_sample = isinstance(part, ast.Name) and _is_sample_index(spot, part.id)
            yield Edit(spot, part, taken, 1.75 + 0.3 * is_sample, "kept")


def _is_sample_index(spot: Spot, name: str) -> bool:
    """Whether a name is the index that a data set is asked for."""
    scope = spot.source.scope_of(spot.node)
    is_getitem = isinstance(scope, ast.FunctionDef) and scope.name == "__getitem__"
    return is_getitem and name in [argument.arg for argument in scope.args.args]  # type: ignore[union-attr]


def _dimensions(sizes: Sizes, spot: Spot) -> Iterator[Edit]:
    """Another dimension: of the operation itself, or of a size that it asks for."""
    node = spot.node
    for inner in ast.walk(node):
        place = _dimension_of_size(inner)
        if place is not None and _belongs(node, inner):
            for dim in range(HIGHEST):
                yield Edit(spot, place, str(dim), 1.5, "size")
    if not isinstance(node, ast.Call) or call_name(node) not in REARRANGING - ORDERED | REDUCTIONS | {
        "expand",
        "repeat",
    }:
        return
    for argument in [*node.args, *(k.value for k in node.keywords if k.arg in ("dim", "axis", "dim0", "dim1"))]:
        if is_number(argument):
            value = sizes.value(spot.at(argument, ()))
            for dim in range(-2, HIGHEST):
                if dim != value:
                    cost = 1.8 if call_name(node) in REDUCTIONS else 2.0
                    yield Edit(spot, argument, str(dim), cost + 0.1 * (dim < 0), "dimension")


def is_number(node: ast.AST) -> bool:
    """Whether an expression is a number written out: 1, -1."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) is int


def edits_of_size(spot: Spot) -> Iterator[Edit]:
    """Another dimension for x.size(0), x.shape[0], len(x)."""
    place = _dimension_of_size(spot.node)
    if place is not None:
        yield from (Edit(spot, place, str(dim), 1.4, "size") for dim in range(HIGHEST))
    if isinstance(spot.node, ast.Call) and call_name(spot.node) == "len" and len(spot.node.args) == 1:
        text = spot.source.text(spot.node.args[0])
        for dim in range(1, HIGHEST):
            yield Edit(spot, spot.node, f"{text}.size({dim})", 1.4, "size")


def edits_of_tensor(spot: Spot) -> Iterator[Edit]:
    """Another tensor of the function for x.size(1): one whose name begins alike first."""
    node = spot.node
    part = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
        part = node.value.value
    if not isinstance(part, ast.Name) or spot.frame is None:
        return
    names = [name for name, value in spot.frame.locals.items() if isinstance(value, Tensor) and name != part.id]
    for name in sorted(names, key=lambda name: not (name.startswith(part.id) or part.id.startswith(name))):
        is_alike = name.startswith(part.id) or part.id.startswith(name)
        yield Edit(spot, part, name, 1.4 if is_alike else 1.7, "tensor")


def _dimension_of_size(node: ast.AST) -> ast.expr | None:
    """The number in x.size(1), x.shape[1]."""
    if isinstance(node, ast.Call) and call_name(node) == "size" and node.args and is_number(node.args[0]):
        return node.args[0]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
        return node.slice if is_number(node.slice) else None
    return None


def _belongs(whole: ast.AST, inner: ast.AST) -> bool:
    """Whether a size is asked for in the arguments or the index of an expression, not in what it works on."""
    if isinstance(whole, ast.Subscript):
        return any(inner is node for node in ast.walk(whole.slice))
    if isinstance(whole, ast.Call):
        return any(
            inner is node for item in [*whole.args, *(k.value for k in whole.keywords)] for node in ast.walk(item)
        )
    return False
