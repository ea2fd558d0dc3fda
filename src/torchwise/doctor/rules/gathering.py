"""gather, scatter, index_select and their like: indices of another shape, or beyond the end."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.blame import blame_of, blames
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.sizes import Origin
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Words
from torchwise.texts import note

# the names of the arguments behind the tensor, in order
SIGNATURES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("gather", "index_select", "index_fill_"), ("dim", "index")),
    **dict.fromkeys(("scatter", "scatter_", "scatter_add", "scatter_add_"), ("dim", "index", "src")),
    **dict.fromkeys(("scatter_reduce", "scatter_reduce_", "index_copy_"), ("dim", "index", "src")),
    **dict.fromkeys(("index_add", "index_add_"), ("dim", "index", "src")),
    "take_along_dim": ("index", "dim"),
    "take": ("index",),
}
ALIASES = {"index": ("index", "indices"), "src": ("src", "source", "value"), "dim": ("dim", "axis")}
PAIRED = {"gather", "scatter", "scatter_", "scatter_add", "scatter_add_", "scatter_reduce", "scatter_reduce_",
          "take_along_dim"}  # fmt: skip
ADDING = {"index_add", "index_add_", "index_copy_"}
LARGEST = 1 << 22


@dataclass(frozen=True, eq=False)
class Gathering:
    """A call of gather or its like: the tensor, the dimension, the indices, and what is scattered."""

    case: Case
    call: ast.Call
    name: str
    base: Shaped
    dim: int | None
    index: Shaped
    source: Shaped | None

    @property
    def size(self) -> int:
        """How many positions there are along the dimension."""
        if self.dim is None:
            return int(torch.Size(self.base.shape).numel())
        return self.base.shape[self.dim] if self.base.shape else 1


def gather_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW222: the indices have another number of dimensions, other sizes, or lie beyond the end."""
    gathering = _gathering(case)
    if gathering is None:
        return
    for check in (_ranks, _beyond, _sizes):
        found = list(check(gathering))
        if found:
            yield from found
            return


def _gathering(case: Case) -> Gathering | None:
    operation = case.operation
    if operation is None or operation.name not in SIGNATURES or not isinstance(operation.node, ast.Call):
        return None
    call, nodes = operation.node, list(operation.node.args)
    is_method = isinstance(call.func, ast.Attribute) and at_node(case, call.func.value) is not None
    first = call.func.value if is_method and isinstance(call.func, ast.Attribute) else nodes.pop(0) if nodes else None
    base = at_node(case, first) if first is not None else None
    given: dict[str, ast.expr] = dict(zip(SIGNATURES[operation.name], nodes, strict=False))
    for name, aliases in ALIASES.items():
        for alias in aliases:
            if (found := keyword_of(call, alias)) is not None:
                given[name] = found
    index = at_node(case, given["index"]) if "index" in given else None
    source = at_node(case, given["src"]) if "src" in given else None
    dim = sizes_of(case).value(case.spot(given["dim"])) if "dim" in given else None
    if base is None or index is None or (dim is not None and not isinstance(dim, int)):
        return None
    if dim is not None and not -max(len(base.shape), 1) <= dim < max(len(base.shape), 1):
        return None
    dim = dim % max(len(base.shape), 1) if dim is not None else None
    return Gathering(case, call, operation.name, base, dim, index, source)


def _found(gathering: Gathering, what: Words, why: Words, candidates: Iterator[Candidate]) -> Iterator[Finding]:
    more = [gathering.source] if gathering.source is not None else []
    seen = seen_of(gathering.base, gathering.index, *more)
    yield from ranked_findings(gathering.case, "TW222", what, why=why, candidates=candidates, seen=seen)


def _ranks(gathering: Gathering) -> Iterator[Finding]:
    """Indices of another number of dimensions."""
    base, index, dim = gathering.base, gathering.index, gathering.dim
    wanted = len(base.shape) if gathering.name in PAIRED else 1
    if gathering.dim is None or len(index.shape) == wanted or (wanted == 1 and not index.shape):
        return
    what = note(
        "{name} gets the indices {index} {index_shape} for {base} {base_shape}",
        name=gathering.name, index=index.text, index_shape=str(index.shape), base=base.text,
        base_shape=str(base.shape),
    )  # fmt: skip
    why = note("the indices of index_select are one row") if wanted == 1 else note(
        "{name} needs indices with as many dimensions as the tensor: {wanted}, not {given}",
        name=gathering.name, wanted=wanted, given=len(index.shape),
    )  # fmt: skip

    def candidates() -> Iterator[Candidate]:
        if len(index.shape) == wanted - 1 and dim is not None:
            text = f".unsqueeze({dim})"
            yield 1.3, attached(index.spot, text, 1.3, "placed", gathering.call).change, _with_one(gathering)
        for place, size in enumerate(index.shape if len(index.shape) == wanted + 1 else ()):
            if size == 1:
                text = f".squeeze({place})"
                yield 1.4, attached(index.spot, text, 1.4, "squeezed", gathering.call).change, ""
        if wanted == 1 and len(index.shape) > 1:
            yield 1.8, attached(index.spot, ".flatten()", 1.8, "flattened", gathering.call).change, ""

        def accept(value: Any) -> bool:
            shape = shape_of(value)
            return shape is not None and len(shape) == wanted

        for repair in repairs(sizes_of(gathering.case), index.spot, accept, gathering.call):
            yield repair.cost, repair.edit.change, ""
        if wanted > 1:

            def accept_base(value: Any) -> bool:
                shape = shape_of(value)
                return shape is not None and len(shape) == len(index.shape) and shape != base.shape

            for repair in repairs(sizes_of(gathering.case), base.spot, accept_base, gathering.call):
                yield repair.cost + 0.3, repair.edit.change, ""

    yield from _found(gathering, what, why, candidates())


def _with_one(gathering: Gathering) -> Words:
    """What a gather with one index for each sample gives."""
    if gathering.name != "gather" or gathering.dim is None:
        return ""
    shape = (*gathering.index.shape[: gathering.dim], 1, *gathering.index.shape[gathering.dim :])
    text = f".squeeze({gathering.dim})"
    return note("one index for each sample is {shape}, so is the result: {code} behind it", shape=str(shape), code=text)


def _beyond(gathering: Gathering) -> Iterator[Finding]:
    """An index that is not there."""
    value, size = gathering.index.value, gathering.size
    if not isinstance(value, Tensor) or value.dtype.is_floating_point or not 0 < value.numel() <= LARGEST:
        return
    if value.device.type != "cpu":
        return
    worst = int(value.max()) if int(value.max()) >= size else int(value.min())
    if 0 <= worst < size:
        return
    what = note(
        "{name} gets the index {worst}; {base} {shape} has {size} positions in dimension {dim}",
        name=gathering.name, worst=worst, base=gathering.base.text, shape=str(gathering.base.shape), size=size,
        dim=gathering.dim if gathering.dim is not None else 0,
    )  # fmt: skip
    rule = note("positions are counted from 0: the last is {last}", last=size - 1)
    if worst > 0:
        rule = note("positions are counted from 0: the last is {last}, for {worst} there must be {needed}",
                    last=size - 1, worst=worst, needed=worst + 1)  # fmt: skip
    case, base = gathering.case, gathering.base
    dim = (gathering.dim or 0) - max(len(base.shape), 1)
    origin = sizes_of(case).origin(base.spot, dim, size)

    def candidates() -> Iterator[Candidate]:
        if worst < 0:
            return
        if worst == size:
            yield from _counted(gathering)
        blame = blame_of(case, sizes_of(case), origin, Origin("made", gathering.index.spot, worst + 1))
        if blame is not None:
            yield blame.cost - 0.2, blame.change, ""
        if worst == size and int(value.min()) == 1:
            edit = attached(gathering.index.spot, " - 1", 1.6, "counted", gathering.call)
            yield 1.6, edit.change, note("the indices are counted from 1")

    yield from _found(gathering, what, sentences(rule, story(case, origin, base.text)), candidates())


def _counted(gathering: Gathering) -> Iterator[Candidate]:
    """A length taken as the position of the last: one too many."""
    for step in Chain(sizes_of(gathering.case), gathering.index.spot).steps:
        node = step.spot.node
        inner = node.args[0] if isinstance(node, ast.Call) and node.args else node
        element = inner.elt if isinstance(inner, ast.ListComp | ast.GeneratorExp) else None
        more = note("a length is one more than the last position")
        if element is not None and call_name(element) == "len":
            yield 1.3, attached(step.spot.at(element, ()), " - 1", 1.3, "counted", node).change, more
            return
        if isinstance(node, ast.Call) and call_name(node) in ("sum", "count_nonzero"):
            yield 1.4, attached(step.spot, " - 1", 1.4, "counted").change, more
            return
        is_count = any(word in step.spot.text.lower() for word in ("len", "count", "num"))
        if is_count and isinstance(node, ast.Name | ast.Attribute):
            yield 1.5, attached(step.spot, " - 1", 1.5, "counted").change, more
            return


def _clash(gathering: Gathering) -> tuple[Shaped, Shaped, int] | None:
    """The indices, or the values that are moved, with what they don't fit, and the first dimension that doesn't."""
    base, index, source, dim = gathering.base, gathering.index, gathering.source, gathering.dim
    if dim is None:
        return None
    if gathering.name in PAIRED:
        for at in range(len(index.shape)):
            if at != dim and index.shape[at] > base.shape[at]:
                return index, base, at
            if source is not None and source.shape and at < len(source.shape) and index.shape[at] > source.shape[at]:
                return index, source, at
    elif source is not None and source.shape:
        alike = zip(base.shape, source.shape, strict=False) if len(base.shape) == len(source.shape) else ()
        wider = [at for at, (one_size, size) in enumerate(alike) if at != dim and one_size != size]
        if wider and gathering.name in ADDING:
            return source, base, wider[0]
        if dim < len(source.shape) and index.shape != source.shape[dim : dim + 1]:
            return index, source, 0 if len(index.shape) == 1 else dim
    return None


def _sizes(gathering: Gathering) -> Iterator[Finding]:
    """Indices that are larger than the tensor or than what is scattered."""
    clash = _clash(gathering)
    if clash is None or gathering.dim is None:
        return
    source, dim = gathering.source, gathering.dim
    one, other, at = clash
    at_other = at if gathering.name in PAIRED or one is source else dim
    shapes = {"one_shape": str(one.shape), "other": other.text, "other_shape": str(other.shape)}
    what = note("{name}: the indices {index} {one_shape} don't fit {other} {other_shape}",
                name=gathering.name, index=one.text, **shapes)  # fmt: skip
    why = note("{name} reads one index for each value that is moved", name=gathering.name)
    if one is source:
        what = note("{name}: the values {one} {one_shape} don't fit {other} {other_shape}",
                    name=gathering.name, one=one.text, **shapes)  # fmt: skip
        why = note("{name} adds whole rows: all sizes but that of dimension {dim} are equal",
                   name=gathering.name, dim=dim)  # fmt: skip
    case = gathering.case

    def candidates() -> Iterator[Candidate]:
        places = [
            (one.spot, at - len(one.shape), one.shape[at]),
            (other.spot, at_other - len(other.shape), other.shape[at_other]),
        ]
        for blame in blames(case, sizes_of(case), places[0], places[1]):
            yield blame.cost, blame.change, ""

        def accept(value: Any) -> bool:
            shape = shape_of(value)
            return shape is not None and len(shape) == len(one.shape) and shape[at] == other.shape[at_other]

        for repair in repairs(sizes_of(case), one.spot, accept, gathering.call):
            yield repair.cost, repair.edit.change, ""

    yield from _found(gathering, what, why, candidates())


RULES = (gather_does_not_fit,)
