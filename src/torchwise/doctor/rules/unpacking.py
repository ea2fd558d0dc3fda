"""Unpacking into more or fewer names than there are parts; split sizes that don't add up."""

import ast
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.remedies.unpacked import PARTING, Unpacking, candidates, other_sizes
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.operands import at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import ranked_findings
from torchwise.doctor.values import listed
from torchwise.finding import Finding, Seen, Words
from torchwise.texts import note


def wrong_number_of_parts(case: Case) -> Iterator[Finding]:
    """TW225: a tensor, its parts or its shape are unpacked into another number of names."""
    unpacking = _unpacking(case)
    if unpacking is None:
        return
    code = unpacking.source.text
    what = note(
        "{wanted} names for the {count} parts of {code}", wanted=len(unpacking.names), count=unpacking.count,
        code=" ".join(code.split()),
    )  # fmt: skip
    seen = (Seen(name=" ".join(code.split()), text=_shapes(unpacking.value)),)
    why, found = _why(unpacking), candidates(unpacking)
    yield from ranked_findings(case, "TW225", what, why=why, candidates=found, seen=seen)


def _unpacking(case: Case) -> Unpacking | None:
    """The unpacking that failed, where it is about tensors."""
    frame = case.frame
    if frame is None or frame.source is None or case.inner or not isinstance(case.error, ValueError | TypeError):
        return None
    node: Any = frame.node
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        node = node.targets[0]
    if not isinstance(node, ast.Tuple | ast.List) or any(isinstance(item, ast.Starred) for item in node.elts):
        return None
    parent = frame.source.parents.get(node)
    path: tuple[int, ...] = ()
    if isinstance(parent, ast.Tuple | ast.List):  # out, (hidden, cell) = ...
        path, parent = (parent.elts.index(node),), frame.source.parents.get(parent)
    if not isinstance(parent, ast.Assign):
        return None
    spot = case.spot(parent.value)
    spot = spot.at(spot.node, path)
    value = sizes_of(case).value(spot)
    count = _parts(value)
    if count is None or count == len(node.elts):
        return None
    return Unpacking(case, node, spot, value, count)


def _parts(value: Any) -> int | None:
    """How many parts a value is unpacked into; None for what is no business of tensors."""
    if isinstance(value, Tensor):
        return value.shape[0] if value.dim() else 0
    if isinstance(value, torch.Size):
        return len(value)
    if isinstance(value, tuple | list) and value and all(isinstance(item, Tensor | tuple) for item in value):
        return len(value)
    return None


def _shapes(value: Any) -> Words:
    """The shapes in a value, as they are nested."""
    if isinstance(value, torch.Size):
        return str(tuple(value))
    if isinstance(value, tuple | list):
        return listed(value, ", ".join(f"[{_shapes(item)}]" for item in value[:4]))
    return str(shape_of(value))


def _why(unpacking: Unpacking) -> Words:
    value = unpacking.value
    if isinstance(value, torch.Size):
        return note("the tensor has {count} dimensions: {shape}", count=len(value), shape=str(tuple(value)))
    if isinstance(value, Tensor) and not value.dim():
        return note("a single number has no parts")
    if isinstance(value, Tensor):
        return note(
            "a tensor is unpacked along its first dimension, and that is {count} here: {shape}",
            shape=str(tuple(value.shape)), count=unpacking.count,
        )  # fmt: skip
    name = call_name(unpacking.source.node)
    if name in PARTING:
        return note("{name} gives {count} parts here", name=name, count=unpacking.count)
    return note("what is unpacked is a {kind} of {count}", kind=type(value).__name__, count=unpacking.count)


def split_sizes_do_not_add_up(case: Case) -> Iterator[Finding]:
    """TW225: the sizes for split must add up to the size of the dimension."""
    operation = case.operation
    if (
        operation is None
        or operation.name not in ("split", "split_with_sizes")
        or not isinstance(operation.node, ast.Call)
    ):
        return
    call, nodes = operation.node, list(operation.node.args)
    is_method = isinstance(call.func, ast.Attribute) and at_node(case, call.func.value) is not None
    first = call.func.value if is_method and isinstance(call.func, ast.Attribute) else nodes.pop(0) if nodes else None
    given = at_node(case, first) if first is not None else None
    sizes_node = keyword_of(call, "split_size_or_sections") or next(iter(nodes), None)
    dim_node = keyword_of(call, "dim") or next(iter(nodes[1:]), None)
    dim = sizes_of(case).value(case.spot(dim_node)) if dim_node is not None else 0
    parts = sizes_of(case).value(case.spot(sizes_node)) if sizes_node is not None else None
    if given is None or not isinstance(dim, int) or not isinstance(parts, list | tuple) or sizes_node is None:
        return
    if not all(isinstance(part, int) for part in parts) or not -len(given.shape) <= dim < len(given.shape):
        return
    size = given.shape[dim]
    if sum(parts) == size:
        return
    what = note(
        "the parts {parts} add up to {sum}, dimension {dim} of {name} {shape} has {size}",
        parts=" + ".join(map(str, parts)), sum=sum(parts), dim=dim, name=given.text, shape=str(given.shape), size=size,
    )  # fmt: skip
    why = note("split takes the dimension apart without a rest")
    found = other_sizes(case, given, dim, parts, sizes_node, dim_node)
    yield from ranked_findings(case, "TW225", what, why=why, candidates=found, seen=seen_of(given))


RULES = (wrong_number_of_parts, split_sizes_do_not_add_up)
