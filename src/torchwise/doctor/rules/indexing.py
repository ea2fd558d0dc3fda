"""Indexing: too many indices, positions that are not there, masks of another shape."""

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.remedies.indexed import Indexing, Part, fewer, in_range, other_mask, takes_whole_batch, text_of
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.fitting import Shape
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Words
from torchwise.texts import note

LARGEST = 1 << 22  # indices that are looked at for the one that is out of range


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
    first = 0
    parts: list[Part] = []
    for item, value, count in zip(nodes, values, counts, strict=True):
        if value is Ellipsis:
            first = len(base.shape) - sum(int(count) for count in counts[len(parts) + 1 :])
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
            if repair.edit.kind != "kept" or not takes_whole_batch(indexing):
                yield repair.cost, repair.edit.change, ""
        yield from fewer(indexing)

    yield from ranked_findings(indexing.case, "TW221", what, why=why, candidates=candidates(), seen=seen_of(base))


def _mask(indexing: Indexing) -> Iterator[Finding]:
    """A mask of another shape than the dimensions it is about."""
    base = indexing.base
    for part in indexing.parts:
        if not is_mask(part.value):
            continue
        mask = Shaped(text_of(indexing, part), indexing.case.spot(part.node), shape_of(part.value) or (), part.value)
        wanted = base.shape[part.first : part.first + part.count]
        if mask.shape == wanted:
            continue
        what = note(
            "the mask {mask} is {shape}, {name} is {base}",
            mask=mask.text, shape=str(mask.shape), name=base.text, base=str(base.shape),
        )  # fmt: skip
        why = _of_mask(indexing, mask, wanted)
        found = other_mask(indexing, part, mask, wanted)
        seen = seen_of(base, mask)
        yield from ranked_findings(indexing.case, "TW221", what, why=why, candidates=found, seen=seen)
        return


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
            index=text_of(indexing, part), worst=worst, dim=part.first, name=base.text, shape=str(base.shape),
            size=size,
        )  # fmt: skip
        why = note("positions are counted from 0: the last is {last}", last=size - 1)
        if not size:
            why = note("there is none")
        found = in_range(indexing, part, worst, size)
        seen = seen_of(base, *([_as_item(indexing, part)] if isinstance(part.value, Tensor) else []))
        yield from ranked_findings(indexing.case, "TW221", what, why=why, candidates=found, seen=seen)
        return


def _as_item(indexing: Indexing, part: Part) -> Shaped:
    return Shaped(text_of(indexing, part), indexing.case.spot(part.node), shape_of(part.value) or (), part.value)


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


def _uneven(indexing: Indexing) -> Iterator[Finding]:
    """Two lists of positions of different lengths."""
    items = [part for part in indexing.parts if isinstance(part.value, Tensor) and not is_mask(part.value)]
    for one, other in itertools.pairwise(items):
        shapes = tuple(one.value.shape), tuple(other.value.shape)
        if len(shapes[0]) != 1 or len(shapes[1]) != 1 or shapes[0] == shapes[1] or (1,) in shapes:
            continue
        texts = text_of(indexing, one), text_of(indexing, other)
        what = note(
            "the index takes {one} positions from {first} and {other} from {second}",
            one=shapes[0][0], first=texts[0], other=shapes[1][0], second=texts[1],
        )  # fmt: skip
        why = note("positions in two dimensions are taken in pairs, so there must be as many of both")

        def candidates(one: Part = one, other: Part = other, texts: tuple[str, str] = texts) -> Iterator[Candidate]:
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
