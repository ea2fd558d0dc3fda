"""Dimensions that a tensor hasn't: of sum, softmax, transpose, permute, squeeze, size."""

import ast
import re
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.remedies.dimensioned import PERMUTING, Asked, candidates, dims_of, receiver_of
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.arguments import argument_of_layer
from torchwise.doctor.tracing.layering import site_of
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import ranked_findings
from torchwise.finding import Finding, Words
from torchwise.texts import note

OUT_OF_RANGE = re.compile(r"range of \[(-?\d+), ?(-?\d+)\].*?got:? ?(-?\d+)", re.S)
JOINED = ("cat", "concat", "concatenate", "stack", "hstack", "vstack")
OF_LAYERS = ("dim", "start_dim", "axis", "end_dim")
ADDING = ("unsqueeze", "stack")


def dimension_is_not_there(case: Case) -> Iterator[Finding]:
    """TW218: a dimension is asked for that the tensor hasn't."""
    asked = _of_layer(case) or _of_size(case) or _of_permutation(case) or _of_operation(case) or _of_transpose(case)
    if asked is None:
        return
    what, why = _what(asked), _why(asked)
    yield from ranked_findings(case, "TW218", what, why=why, candidates=candidates(asked), seen=seen_of(asked.given))


def _what(asked: Asked) -> Words:
    shape, name = str(asked.given.shape), asked.given.text
    if asked.is_of_another_count:
        return note(
            "permute names {asked} dimensions, {name} has {rank}: {shape}",
            asked=len(asked.dims), name=name, rank=asked.rank, shape=shape,
        )  # fmt: skip
    if asked.name == "t":
        return note(
            ".t() takes a matrix, {name} has {rank} dimensions: {shape}", name=name, rank=asked.rank, shape=shape
        )
    return note(
        "{operation} asks for dimension {dim}, {name} has {rank}: {shape}",
        operation=asked.name, dim=asked.wrong, name=name, rank=asked.rank, shape=shape,
    )  # fmt: skip


def _why(asked: Asked) -> Words:
    if asked.is_of_another_count:
        return note("permute needs each dimension of the tensor once")
    if asked.name == "t":
        return note("for more dimensions there is transpose(dim0, dim1)")
    if not asked.rank:
        return note("a single number has no dimensions")
    return note(
        "dimensions are counted from 0: here they are 0 to {last}, or -{rank} to -1 from the end",
        last=asked.rank - 1, rank=asked.rank,
    )  # fmt: skip


def _of_layer(case: Case) -> Asked | None:
    """A layer such as nn.Softmax(dim=2) or nn.Flatten(2)."""
    layer, given = case.layer, case.layer_input
    found = OUT_OF_RANGE.search(case.text)
    shape = shape_of(given)
    if layer is None or shape is None or found is None or case.frame is None or case.frame.node is None:
        return None
    wrong = int(found[3])
    names = [name for name in OF_LAYERS if getattr(layer, name, None) == wrong]
    if not names:
        return None
    node = case.frame.node
    first = node.args[0] if isinstance(node, ast.Call) and node.args else node
    site = site_of(case, layer)
    place = argument_of_layer(site, type(layer), *names) if site is not None else None
    item = Shaped("input" if first is node else case.spot(first).text, case.spot(first), shape, given)
    name = f"{type(layer).__name__}({names[0]}={wrong})"
    return Asked(case, node, name, item, (wrong,), place or site, wrong, _needed(wrong))


def _needed(dim: int) -> int:
    return dim + 1 if dim >= 0 else -dim


def _of_size(case: Case) -> Asked | None:
    """x.shape[2] of a matrix."""
    node = case.frame.node if case.frame is not None else None
    if not isinstance(node, ast.Subscript) or not isinstance(case.error, IndexError):
        return None
    base: ast.AST = node.value
    if isinstance(base, ast.Attribute) and base.attr == "shape":
        base = base.value
    elif isinstance(base, ast.Call) and call_name(base) == "size" and isinstance(base.func, ast.Attribute):
        base = base.func.value
    else:
        return None
    given, dim = at_node(case, base), sizes_of(case).value(case.spot(node.slice))
    if given is None or not isinstance(dim, int) or -len(given.shape) <= dim < len(given.shape):
        return None
    return Asked(case, node, "shape", given, (dim,), case.spot(node.slice), dim, _needed(dim))


def _of_permutation(case: Case) -> Asked | None:
    """Permute with another number of dimensions than the tensor has."""
    operation = case.operation
    if operation is None or operation.name not in PERMUTING or not isinstance(operation.node, ast.Call):
        return None
    given, nodes = receiver_of(case, operation.node)
    dims = dims_of(case, nodes, operation.node)
    if given is None or len(dims) == len(given.shape) or not dims:
        return None
    spot = case.spot(operation.node)
    values = tuple(value for value, _ in dims)
    return Asked(case, operation.node, operation.name, given, values, spot, len(dims), len(dims))


def _of_operation(case: Case) -> Asked | None:
    """Any other operation along a dimension."""
    operation, found = case.operation, OUT_OF_RANGE.search(case.text)
    if operation is None or found is None or not isinstance(operation.node, ast.Call) or operation.name in JOINED:
        return None
    given, nodes = receiver_of(case, operation.node)
    if given is None or isinstance(operation.callee, nn.Module):
        return None
    wrong = int(found[3])
    place = next((case.spot(node) for value, node in dims_of(case, nodes, operation.node) if value == wrong), None)
    needed = _needed(wrong) - (operation.name in ADDING)
    if needed <= len(given.shape):
        return None
    return Asked(case, operation.node, operation.name, given, (wrong,), place, wrong, needed)


def _of_transpose(case: Case) -> Asked | None:
    """.t() of more than a matrix."""
    operation = case.operation
    if operation is None or operation.name != "t" or not isinstance(operation.node, ast.Call):
        return None
    given, _ = receiver_of(case, operation.node)
    if given is None or len(given.shape) <= 2:
        return None
    return Asked(case, operation.node, "t", given, (), None, 2, 2)


RULES = (dimension_is_not_there,)
