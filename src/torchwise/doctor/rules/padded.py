"""Sequences that pad_sequence can't pad: it pads dimension 0, and their length is in another one."""

import ast
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.expressions import with_suffix
from torchwise.doctor.objects.loading import data_under_way
from torchwise.doctor.objects.samples_at_hand import Collation, path_to
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding
from torchwise.texts import note


def length_is_not_first(case: Case) -> Iterator[Finding]:
    """TW620: sequences (features, time) in pad_sequence, which wants (time, features)."""
    frame = case.passed("pad_sequence")
    given = frame.locals.get("sequences") if frame is not None else None
    parts = list(given) if isinstance(given, list | tuple) else []
    if len(parts) < 2 or not all(isinstance(part, Tensor) for part in parts):
        return
    shapes = list(dict.fromkeys(tuple(part.shape) for part in parts))
    if len({len(shape) for shape in shapes}) > 1 or len(shapes) < 2 or not shapes[0]:
        return
    odd = [dim for dim in range(len(shapes[0])) if len({shape[dim] for shape in shapes}) > 1]
    others = [dim for dim in odd if dim]
    if not others:
        return
    one = shapes[0]
    other = next(shape for shape in shapes if shape[others[0]] != one[others[0]])
    what = note("pad_sequence gets {one} and {other}, which differ in dimension {dim}: it pads dimension 0",
                one=shape_text(one), other=shape_text(other), dim=others[0])  # fmt: skip
    why = note("all dimensions behind the first must be equal: each sequence is (time, features)")
    change = _turned(case, parts, others[0], len(shapes[0])) if len(odd) == 1 else None
    mend = change.mend if change is not None else None
    fix = change.text if change is not None else note("the dimension of the time first, the others alike")
    yield case.finding("TW620", what, why=why, fix=fix, mend=mend, sure=change is not None)


def _turned(case: Case, parts: list[Tensor], dim: int, dimensions: int) -> Change | None:
    """The time brought to the front: in what the data set returns, else where the list is made."""
    suffix = ".t()" if dimensions == 2 else f".transpose(0, {dim})"
    given = _given(case)
    if given is None:
        return None
    if not _reads_length_at(case, dim) and (returned := _returned(case, parts)) is not None:
        return with_suffix(returned, returned.node, suffix)
    made = case.flow.born(given)
    if isinstance(made.node, ast.ListComp | ast.GeneratorExp):
        return with_suffix(made, made.node.elt, suffix)
    return rewritten(given, given.node, f"[x{suffix} for x in {given.source.text(given.node)}]")


def _given(case: Case) -> Spot | None:
    """The list in the user's call of pad_sequence."""
    frame = case.frame
    for node in ast.walk(frame.node) if frame is not None and frame.node is not None else ():
        if isinstance(node, ast.Call) and call_name(node) == "pad_sequence" and node.args:
            return case.spot(node.args[0])
    return None


def _reads_length_at(case: Case, dim: int) -> bool:
    """Whether the function around knows where the time is: x.shape[1] for x in sequences."""
    frame = case.frame
    scope = frame.scope if frame is not None else None
    text = ast.unparse(scope) if scope is not None else ""
    return any(word in text for word in (f".shape[{dim}]", f".size({dim})", ".shape[-1]", ".size(-1)"))


def _returned(case: Case, parts: list[Tensor]) -> Spot | None:
    """The expression in the `return` of the data set's `__getitem__` that gave these very sequences."""
    frame = next((f for f in reversed(case.frames) if f.function == "fetch" and not f.is_user), None)
    samples = frame.locals.get("data") if frame is not None else None
    path = path_to(samples, parts) if isinstance(samples, list) else None
    if path is None:
        return None
    spot = Collation(case, samples or [], parts, path, data_under_way(case)).part_spot
    inner = case.flow.before(spot) if spot is not None and path else spot
    return inner if inner is not None and not inner.path else None


RULES = (length_is_not_first,)
