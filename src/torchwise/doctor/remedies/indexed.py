"""What may be meant where an index does not fit."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import blame_of, blames
from torchwise.doctor.tracing.called import is_derived
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.edits import is_number
from torchwise.doctor.tracing.fitting import Shape, attached, swapped
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.sizes import Origin
from torchwise.texts import note


@dataclass(frozen=True, eq=False)
class Part:
    """One part of an index: its expression, its value, and the dimensions of the tensor that it is about."""

    node: ast.expr
    value: Any
    first: int  # the first of its dimensions; a mask has several, None and ... have none
    count: int


@dataclass(frozen=True, eq=False)
class Indexing:
    """A tensor (or an array) and the parts of an index into it."""

    case: Case
    node: ast.Subscript
    base: Shaped
    parts: tuple[Part, ...]

    @property
    def used(self) -> int:
        """How many dimensions the index is about."""
        return sum(part.count for part in self.parts)


def takes_whole_batch(indexing: Indexing) -> bool:
    """Whether the batch is taken whole and a step out of it: then a dimension that is kept in front is of no use."""
    first, *rest = indexing.parts
    return isinstance(first.node, ast.Slice) and any(isinstance(part.value, int) for part in rest[:1])


def fewer(indexing: Indexing) -> Iterator[Candidate]:
    """The index with the parts left out that are too many: full slices from the end, then the last one."""
    spot = indexing.case.spot(indexing.node)
    texts = [spot.source.text(part.node) for part in indexing.parts]
    extra = indexing.used - len(indexing.base.shape)
    if len(texts) == 1:
        yield 2.0, replaced(spot, indexing.node, f"{indexing.base.spot.text}.item()"), ""
        return
    if len(indexing.base.shape) == 1 and texts[0] == ":":
        texts, extra = [":"], 0  # a column is meant, and there is only one
    while extra and len(texts) > 1:
        numbers = [i for i, part in enumerate(texts) if part != ":"]
        slices = [i for i, part in enumerate(texts) if part == ":"]
        # what stands between slices is a step or a token that is taken already; a last number is what is wanted
        texts.pop((numbers if texts[-1] == ":" and numbers else slices or [len(texts) - 1])[-1])
        extra -= 1
    while len(texts) > 1 and texts[-1] == ":":
        texts.pop()
    text = f"{indexing.base.spot.text}[{', '.join(texts)}]" if texts != [":"] else indexing.base.spot.text
    yield 2.1, replaced(spot, indexing.node, text), ""


def text_of(indexing: Indexing, part: Part) -> str:
    """The code of one part of an index."""
    return " ".join(indexing.case.spot(part.node).text.split())


def other_mask(indexing: Indexing, part: Part, mask: Shaped, wanted: Shape) -> Iterator[Candidate]:
    """The mask in another shape, about another dimension, made with another size."""
    case, base, node = indexing.case, indexing.base, indexing.node
    room = base.shape[part.first :]

    def fits(shape: Shape) -> bool:
        return bool(shape) and shape == room[: len(shape)]

    for dim, size in enumerate(mask.shape):
        if size == 1 and fits((*mask.shape[:dim], *mask.shape[dim + 1 :])):
            yield 1.4, attached(mask.spot, f".squeeze({dim})", 1.4, "squeezed", node).change, ""
    if len(mask.shape) == 2 and fits(swapped(mask.shape, (0, 1))):
        yield 1.5, attached(mask.spot, ".T", 1.5, "swapped", node).change, ""
    if part.first == 0 and len(indexing.parts) == 1:
        for place in range(1, len(base.shape)):
            if base.shape[place : place + len(mask.shape)] == mask.shape:
                colons = ", ".join([":"] * place)
                text = f"{base.spot.text}[{colons}, {mask.text}]"
                yield 1.6, replaced(case.spot(node), node, text), note("the mask is about dimension {dim}", dim=place)

    def accept_mask(value: Any) -> bool:
        shape = shape_of(value)
        return shape is not None and fits(shape)

    def accept_base(value: Any) -> bool:
        shape = shape_of(value)
        return shape is not None and shape != base.shape and shape[part.first : part.first + part.count] == mask.shape

    for item, accept in ((mask, accept_mask), (base, accept_base)):
        for repair in repairs(sizes_of(case), item.spot, accept, node):
            yield repair.cost + 0.2, repair.edit.change, ""
    if len(mask.shape) == len(wanted):
        dim = next(i for i, (a, b) in enumerate(zip(mask.shape, wanted, strict=True)) if a != b)
        one = (mask.spot, dim - len(mask.shape), mask.shape[dim])
        other = (base.spot, part.first + dim - len(base.shape), wanted[dim])
        for blame in blames(case, sizes_of(case), one, other):
            yield blame.cost, blame.change, ""


def in_range(indexing: Indexing, part: Part, worst: int, size: int) -> Iterator[Candidate]:
    """A smaller number, indices drawn from the tensor's own length, a larger dimension."""
    case, base = indexing.case, indexing.base
    spot = case.spot(part.node)
    if isinstance(part.value, Tensor | list):
        yield from _drawn(indexing, part)
    elif is_number(part.node):
        text = "-1" if worst == size else str(size - 1)
        yield 2.0, replaced(spot, part.node, text, least=indexing.node), ""
    else:
        yield from _counted(indexing, part, size)
    if worst > 0:
        origin = sizes_of(case).origin(base.spot, part.first - len(base.shape), size)
        blame = blame_of(case, sizes_of(case), origin, Origin("made", spot, worst + 1))
        if blame is not None:
            yield blame.cost + 0.1, blame.change, ""

    def accept(value: Any) -> bool:
        shape = shape_of(value)
        return shape is not None and len(shape) == len(base.shape) and shape[part.first] > worst

    for repair in repairs(sizes_of(case), base.spot, accept, indexing.node):
        yield repair.cost + 0.3, repair.edit.change, ""


def _drawn(indexing: Indexing, part: Part) -> Iterator[Candidate]:
    """Indices drawn from another length than the tensor's: randperm, randint, arange."""
    case, base = indexing.case, indexing.base
    for step in Chain(sizes_of(case), case.spot(part.node)).steps:
        node = step.spot.node
        if not isinstance(node, ast.Call) or call_name(node) not in ("randperm", "randint", "arange", "multinomial"):
            continue
        bounds = [item for item in node.args if not isinstance(item, ast.Tuple)]
        bound = bounds[-1] if call_name(node) != "randint" or len(bounds) > 1 else bounds[0]
        is_own = base.text.isidentifier() or base.text.startswith("self.")
        text = f"len({base.text})" if part.first == 0 and is_own else str(base.shape[part.first])
        drawn = sizes_of(case).value(step.spot.at(bound, ()))
        more = note("the positions are drawn from {drawn}", drawn=drawn) if isinstance(drawn, int) else ""
        is_counted = call_name(node) == "arange" and is_derived(sizes_of(case), step.spot.at(bound, ()))
        yield 2.8 if is_counted else 1.3, replaced(step.spot, bound, text, least=node), more
        return


def _counted(indexing: Indexing, part: Part, size: int) -> Iterator[Candidate]:
    """The number that a loop counts to, or the formula of the index."""
    case = indexing.case
    spot = case.spot(part.node)
    for name in ast.walk(part.node):
        if not isinstance(name, ast.Name):
            continue
        loop = _loop_of(spot.source.parents, spot.node, name.id)
        if loop is None or not isinstance(loop.iter, ast.Call) or call_name(loop.iter) != "range":
            continue
        bound = loop.iter.args[min(1, len(loop.iter.args) - 1)]
        value, now = sizes_of(case).value(spot.at(bound, ())), part.value
        counter = sizes_of(case).value(spot.at(name, ()))
        if isinstance(value, int) and isinstance(counter, int):
            last = size - (now - counter)
            change = number_change(case, spot.at(bound, ()), last, loop.iter)
            yield 1.7, change, ""
        return


def _loop_of(parents: dict[ast.AST, ast.AST], node: ast.AST, name: str) -> ast.For | None:
    """The loop that counts a name."""
    here = parents.get(node)
    while here is not None:
        if isinstance(here, ast.For) and isinstance(here.target, ast.Name) and here.target.id == name:
            return here
        here = parents.get(here)
    return None
