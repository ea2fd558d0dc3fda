"""Indexing: too many indices, positions that are not there, masks of another shape."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import blame_of, blames
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.edits import is_number, replaced
from torchwise.doctor.tracing.fitting import Shape, attached, swapped
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.sizes import Origin
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Words
from torchwise.texts import note

LARGEST = 1 << 22  # indices that are looked at for the one that is out of range


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


def index_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW221: an index that the tensor hasn't."""
    indexing = indexing_of(case)
    if indexing is None:
        return
    for check in (_too_many, _mask, _out_of_range, _uneven):
        found = list(check(indexing))
        if found:
            yield from found
            return


def indexing_of(case: Case) -> Indexing | None:
    """The subscript of the failing line, read or written."""
    node = case.frame.node if case.frame is not None else None
    if isinstance(node, ast.Call) and call_name(node) in ("__getitem__", "__setitem__"):
        return None
    if not isinstance(node, ast.Subscript) or not isinstance(case.error, IndexError | RuntimeError | ValueError):
        return None
    base = at_node(case, node.value)
    if base is None:
        return None
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    values = [None if isinstance(item, ast.Slice) else sizes_of(case).value(case.spot(item)) for item in nodes]
    if len(nodes) == 1 and isinstance(values[0], tuple):
        return None
    counts = [_dims_of(item, value) for item, value in zip(nodes, values, strict=True)]
    first, parts = 0, []
    for item, value, count in zip(nodes, values, counts, strict=True):
        if value is Ellipsis:
            first = len(base.shape) - sum(counts[len(parts) + 1 :])
        parts.append(Part(item, value, first, count))
        first += count
    return Indexing(case, node, base, tuple(parts))


def _dims_of(node: ast.expr, value: Any) -> int:
    """How many dimensions of the tensor a part is about."""
    if value is Ellipsis or (isinstance(node, ast.Constant) and node.value is None):
        return 0
    if is_mask(value):
        return int(value.ndim)
    return 1


def is_mask(value: Any) -> bool:
    """Whether an index is a boolean mask."""
    is_array = isinstance(value, Tensor) or type(value).__name__ == "ndarray"
    return is_array and str(value.dtype) in ("torch.bool", "bool", "torch.uint8")


def _too_many(indexing: Indexing) -> Iterator[Finding]:
    """More indices than dimensions."""
    base = indexing.base
    if indexing.used <= len(base.shape) or any(is_mask(part.value) and part.count > 1 for part in indexing.parts):
        return
    what = note(
        "{count} indices for {name}, which has {rank} dimensions: {shape}",
        count=indexing.used, name=base.text, rank=len(base.shape), shape=str(base.shape),
    )  # fmt: skip
    why = note("each index is for one dimension")

    def candidates() -> Iterator[Candidate]:
        def accept(value: Any) -> bool:
            shape = shape_of(value)
            return shape is not None and len(shape) >= indexing.used and len(shape) > len(base.shape)

        for repair in repairs(sizes_of(indexing.case), base.spot, accept, indexing.node):
            if repair.edit.kind != "kept" or not _is_whole(indexing):
                yield repair.cost, repair.edit.change, ""
        yield from _fewer(indexing)

    yield from ranked_findings(indexing.case, "TW221", what, why=why, candidates=candidates(), seen=seen_of(base))


def _is_whole(indexing: Indexing) -> bool:
    """Whether the batch is taken whole and a step out of it: then a dimension that is kept in front is of no use."""
    first, *rest = indexing.parts
    return isinstance(first.node, ast.Slice) and any(isinstance(part.value, int) for part in rest[:1])


def _fewer(indexing: Indexing) -> Iterator[Candidate]:
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


def _mask(indexing: Indexing) -> Iterator[Finding]:
    """A mask of another shape than the dimensions it is about."""
    base = indexing.base
    for part in indexing.parts:
        if not is_mask(part.value):
            continue
        mask = Shaped(_text(indexing, part), indexing.case.spot(part.node), shape_of(part.value) or (), part.value)
        wanted = base.shape[part.first : part.first + part.count]
        if mask.shape == wanted:
            continue
        what = note(
            "the mask {mask} is {shape}, {name} is {base}",
            mask=mask.text, shape=str(mask.shape), name=base.text, base=str(base.shape),
        )  # fmt: skip
        why = _of_mask(indexing, mask, wanted)
        found = _mask_candidates(indexing, part, mask, wanted)
        seen = seen_of(base, mask)
        yield from ranked_findings(indexing.case, "TW221", what, why=why, candidates=found, seen=seen)
        return


def _text(indexing: Indexing, part: Part) -> str:
    return " ".join(indexing.case.spot(part.node).text.split())


def _of_mask(indexing: Indexing, mask: Shaped, wanted: Shape) -> Words:
    rule = note("a mask must have the very sizes of the dimensions that it stands for")
    if len(mask.shape) != len(wanted):
        return rule
    dim = next(i for i, (a, b) in enumerate(zip(mask.shape, wanted, strict=True)) if a != b)
    sizes, base = sizes_of(indexing.case), indexing.base
    stories = [
        story(indexing.case, sizes.origin(item.spot, dim - len(item.shape), item.shape[dim]), item.text)
        for item in (mask, base)
    ]
    return sentences(rule, *stories)


def _mask_candidates(indexing: Indexing, part: Part, mask: Shaped, wanted: Shape) -> Iterator[Candidate]:
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


def _out_of_range(indexing: Indexing) -> Iterator[Finding]:
    """A position beyond the end of its dimension."""
    base = indexing.base
    for part in indexing.parts:
        if part.count != 1 or part.first >= len(base.shape) or isinstance(part.node, ast.Slice):
            continue
        size = base.shape[part.first]
        worst = _worst(part.value, size)
        if worst is None:
            continue
        what = note(
            "{index} asks for position {worst} of dimension {dim}, {name} {shape} has {size}",
            index=_text(indexing, part), worst=worst, dim=part.first, name=base.text, shape=str(base.shape), size=size,
        )  # fmt: skip
        why = note("positions are counted from 0: the last is {last}", last=size - 1)
        if not size:
            why = note("there is none")
        found = _in_range(indexing, part, worst, size)
        seen = seen_of(base, *([_as_item(indexing, part)] if isinstance(part.value, Tensor) else []))
        yield from ranked_findings(indexing.case, "TW221", what, why=why, candidates=found, seen=seen)
        return


def _as_item(indexing: Indexing, part: Part) -> Shaped:
    return Shaped(_text(indexing, part), indexing.case.spot(part.node), shape_of(part.value) or (), part.value)


def _worst(value: Any, size: int) -> int | None:
    """A position that is not there."""
    values: list[int] = []
    if isinstance(value, int) and not isinstance(value, bool):
        values = [value]
    elif isinstance(value, Tensor) and not value.dtype.is_floating_point and value.dtype != torch.bool:
        if 0 < value.numel() <= LARGEST and value.device.type == "cpu":
            values = [int(value.max()), int(value.min())]
    elif isinstance(value, list) and all(type(item) is int for item in value):
        values = value
    elif hasattr(value, "__index__") and type(value).__module__ == "numpy":
        values = [int(value)]
    return next((item for item in values if not -size <= item < size), None)


def _in_range(indexing: Indexing, part: Part, worst: int, size: int) -> Iterator[Candidate]:
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
        yield 1.3, replaced(step.spot, bound, text, least=node), ""
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


def _uneven(indexing: Indexing) -> Iterator[Finding]:
    """Two lists of positions of different lengths."""
    items = [part for part in indexing.parts if isinstance(part.value, Tensor) and not is_mask(part.value)]
    for one, other in zip(items, items[1:], strict=False):
        shapes = tuple(one.value.shape), tuple(other.value.shape)
        if len(shapes[0]) != 1 or len(shapes[1]) != 1 or shapes[0] == shapes[1] or (1,) in shapes:
            continue
        texts = _text(indexing, one), _text(indexing, other)
        what = note(
            "the index takes {one} positions from {first} and {other} from {second}",
            one=shapes[0][0], first=texts[0], other=shapes[1][0], second=texts[1],
        )  # fmt: skip
        why = note("positions in two dimensions are taken in pairs, so there must be as many of both")

        def candidates(one: Part = one, other: Part = other) -> Iterator[Candidate]:
            case = indexing.case
            for part, against, text in ((one, other, texts[1]), (other, one, texts[0])):
                node = part.node
                if isinstance(node, ast.Call) and call_name(node) == "arange" and node.args:
                    yield 1.0, replaced(case.spot(node.args[-1]), node.args[-1], f"len({text})", least=node), ""
                places = [(case.spot(p.node), -1, int(p.value.shape[0])) for p in (part, against)]
                for blame in blames(case, sizes_of(case), places[0], places[1]):
                    yield blame.cost, blame.change, ""

        seen = seen_of(indexing.base, _as_item(indexing, one), _as_item(indexing, other))
        yield from ranked_findings(indexing.case, "TW221", what, why=why, candidates=candidates(), seen=seen)
        return


RULES = (index_does_not_fit,)
