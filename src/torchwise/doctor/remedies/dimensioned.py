"""What may be meant where a dimension is asked for that is not there."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.edits import is_number
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, at_node, shape_of, sizes_of
from torchwise.doctor.tracing.passing import REDUCTIONS
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.texts import note

CHOOSING = ("argmax", "argmin", "max", "min", "softmax", "log_softmax")
PERMUTING = ("permute",)


@dataclass(frozen=True, eq=False)
class Asked:
    """An operation on dimensions: the tensor, the dimensions asked for with their expressions, the rank that needs."""

    case: Case
    node: ast.AST
    name: str
    given: Shaped
    dims: tuple[int, ...]
    place: Spot | None  # the expression of the dimension that is not there
    wrong: int
    needed: int

    @property
    def rank(self) -> int:
        """How many dimensions the tensor has."""
        return len(self.given.shape)

    @property
    def is_of_another_count(self) -> bool:
        """Whether permute names more or fewer dimensions than the tensor has."""
        return self.name in PERMUTING and len(self.dims) == self.needed


def receiver_of(case: Case, call: ast.Call) -> tuple[Shaped | None, list[ast.expr]]:
    """What a method or function works on, and the other arguments."""
    nodes = list(call.args)
    if isinstance(call.func, ast.Attribute) and (given := at_node(case, call.func.value)) is not None:
        return given, nodes
    return (at_node(case, nodes[0]), nodes[1:]) if nodes else (None, [])


def dims_of(case: Case, nodes: list[ast.expr], call: ast.Call) -> list[tuple[int, ast.expr]]:
    """The numbers among the arguments, those in tuples too, each with its expression."""
    found = []
    named = [
        keyword.value
        for keyword in call.keywords
        if keyword.arg and keyword.arg.startswith(("dim", "axis", "start_dim", "end_dim"))
    ]
    for node in [*nodes, *named]:
        for item in node.elts if isinstance(node, ast.Tuple | ast.List) else [node]:
            value = sizes_of(case).value(case.spot(item))
            if isinstance(value, int) and not isinstance(value, bool):
                found.append((value, item))
    return found


def candidates(asked: Asked) -> Iterator[Candidate]:
    """All single changes with which the dimension would be there."""
    if asked.name == "t":
        text = f"{asked.given.text}.transpose(-2, -1)"
        yield 1.5, replaced(asked.case.spot(asked.node), asked.node, text), ""
    if asked.name in PERMUTING and not asked.is_of_another_count and (change := _renumbered(asked)) is not None:
        yield 0.5, change, ""
        return
    yield from _threshold(asked)
    yield from _lost(asked)
    if asked.name in PERMUTING:
        yield from _other_order(asked)
    elif asked.place is not None:
        yield from _other_dim(asked)
    yield from _put_in(asked)


def _renumbered(asked: Asked) -> Change | None:
    """The same order of all dimensions, counted from 0 where it was counted from 1: permute(3, 1, 2)."""
    call = asked.node
    if not isinstance(call, ast.Call):
        return None
    found = dims_of(asked.case, receiver_of(asked.case, call)[1], call)
    if sorted(value for value, _ in found) != list(range(1, asked.rank + 1)):
        return None
    order = ", ".join(str(value - 1) for value, _ in found)
    text = f"{asked.given.text}.permute({order})"
    return replaced(asked.case.spot(call), call, text)


def _lost(asked: Asked) -> Iterator[Candidate]:
    """The dimension was there and got lost on the way: by squeeze, an index, a sum."""

    def accept(value: Any) -> bool:
        shape = shape_of(value)
        if shape is None or len(shape) != asked.needed:
            return False
        return asked.name not in CHOOSING or shape[asked.wrong] != 1  # the largest of one is always the first

    for repair in repairs(sizes_of(asked.case), asked.given.spot, accept, asked.node):
        if repair.edit.kind not in ("size", "bound"):
            yield repair.cost, repair.edit.change, ""


def _threshold(asked: Asked) -> Iterator[Candidate]:
    """A comparison for argmax over the single output of a binary classifier."""
    node = asked.node
    if asked.name != "argmax" or asked.rank != 1 or not isinstance(node, ast.Call):
        return
    sizes = sizes_of(asked.case)
    spots = [step.spot for step in Chain(sizes, asked.given.spot).steps]
    names = [call_name(spot.node) for spot in spots]
    layers = [sizes.value(spot.at(spot.node.func, ())) for spot in spots if isinstance(spot.node, ast.Call)]
    is_single = any(getattr(layer, "out_features", 0) == 1 for layer in layers)
    if not is_single or not {"squeeze", "flatten", "view"} & set(names):
        return
    is_chance = "sigmoid" in names or any(isinstance(layer, nn.Sigmoid) for layer in layers)
    text = f"({asked.given.text} > {0.5 if is_chance else 0}).long()"
    more = note("there is one output for each sample, so no class to choose by argmax")
    yield 1.2, replaced(asked.case.spot(node), node, text), more


def _other_dim(asked: Asked) -> Iterator[Candidate]:
    """The last dimension that there is, or the one before."""
    place = asked.place
    assert place is not None, "checked by the caller"
    if asked.rank == 2 and isinstance(asked.node, ast.Call) and call_name(asked.node) in ("transpose", "swapaxes"):
        yield 1.6, replaced(asked.case.spot(asked.node), asked.node, f"{asked.given.spot.text}.T"), ""
        return
    if not asked.rank or asked.name.startswith("unsqueeze"):
        return
    others = {dim % asked.rank for dim in _other_numbers(asked)}
    free = [dim for dim in range(asked.rank - 1, -1, -1) if dim not in others]
    if not free or (asked.rank == 1 and asked.wrong == 1):
        is_first = asked.name in REDUCTIONS or asked.name == "cat"
        yield 1.95, number_change(asked.case, place, 0 if is_first else -1, _shown(asked, place)), ""
        return
    dim = free[0] if asked.wrong > 0 else -asked.rank
    call = place.source.parents.get(place.node)
    cost = 1.6 + 0.3 * (len(asked.given.shape) + 1 < asked.needed) + 0.7 * _is_meant(asked)
    if isinstance(place.node, ast.Call):
        return  # where the layer was built, its dimension not written
    yield cost, number_change(asked.case, place, dim, call if isinstance(call, ast.Call) else _shown(asked, place)), ""


def _is_meant(asked: Asked) -> bool:
    """Whether the function asks for that dimension more than once: then it is the tensor that lacks it."""
    place = asked.place
    if place is None or not is_number(place.node) or asked.case.layer is not None:
        return False
    scope = place.source.scope_of(place.node)
    asking = [k for k in ast.walk(scope) if isinstance(k, ast.keyword) and k.arg in ("dim", "axis")]
    return sum(ast.dump(keyword.value) == ast.dump(place.node) for keyword in asking) > 1


def _shown(asked: Asked, place: Spot) -> ast.AST | None:
    return asked.node if any(node is place.node for node in ast.walk(asked.node)) else None


def _other_numbers(asked: Asked) -> list[int]:
    """The other dimensions of a transpose."""
    if not isinstance(asked.node, ast.Call) or call_name(asked.node) not in ("transpose", "swapaxes"):
        return []
    _, nodes = receiver_of(asked.case, asked.node)
    return [value for value, _ in dims_of(asked.case, nodes, asked.node) if -asked.rank <= value < asked.rank]


def _other_order(asked: Asked) -> Iterator[Candidate]:
    """The same order with one dimension more or less."""
    node, dims = asked.node, list(asked.dims)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    before = asked.case.spot(node).source.text(node.func)
    if asked.rank == len(dims) + 1:
        order = [0, *(dim + 1 if dim >= 0 else dim for dim in dims)]
        yield 1.5, replaced(asked.case.spot(node), node, f"{before}({', '.join(map(str, order))})"), ""
    elif asked.rank == len(dims) - 1 and dims and dims[0] == 0:
        order = [dim - 1 for dim in dims[1:]]
        yield 1.8, replaced(asked.case.spot(node), node, f"{before}({', '.join(map(str, order))})"), ""
    elif asked.rank == 2 and len(dims) == 3:
        more = note("a grey image has no dimension of channels")
        yield 1.7, replaced(asked.case.spot(node), node, f"{asked.given.text}.unsqueeze(0)"), more


def _put_in(asked: Asked) -> Iterator[Candidate]:
    """A dimension of 1 put in: a single sample has no batch."""
    if asked.rank != asked.needed - 1 or asked.name == "t":
        return
    spot = asked.given.spot
    if asked.name in PERMUTING and asked.dims[0] == 0 and asked.rank == 2:
        yield 1.9, attached(spot, ".unsqueeze(-1)", 1.9, "placed", asked.node).change, ""
    yield from _single_sample(asked)
    is_scores = isinstance(asked.given.value, Tensor) and asked.given.value.dtype.is_floating_point
    dim = 0 if asked.rank != 1 or asked.wrong != 1 or is_scores else 1
    cost = 2.0
    yield cost, attached(spot, f".unsqueeze({dim})", cost, "placed", asked.node).change, ""


def _single_sample(asked: Asked) -> Iterator[Candidate]:
    """A batch of one for a single sample that was given to a model."""
    chain = Chain(sizes_of(asked.case), asked.given.spot)
    for index, step in enumerate(chain.steps):
        node, shape = step.spot.node, sizes_of(asked.case).shape(step.spot)
        before = chain.steps[index - 1].spot.node if index else None
        is_given = isinstance(before, ast.Call) and node in before.args and _is_module(asked.case, step.spot, before)
        if is_given and isinstance(node, ast.Name) and shape is not None and len(shape) == asked.rank:
            edit = attached(step.spot, ".unsqueeze(0)", 1.85, "sample", before)
            value = edit.value(sizes_of(asked.case))
            final = shape_of(chain.pushed(index, value)) if value is not None else None
            if final is not None and len(final) == asked.needed:
                yield 1.85, edit.change, note("a model takes batches: one sample is a batch of one")
                return


def _is_module(case: Case, spot: Spot, call: ast.Call) -> bool:
    """Whether a call is one of a module."""
    return isinstance(sizes_of(case).value(spot.at(call.func, ())), nn.Module)
