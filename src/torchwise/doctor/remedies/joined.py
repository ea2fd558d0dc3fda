"""What may be meant where tensors can't be joined."""

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.bindings import bindings_in
from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.consumer import consumer
from torchwise.doctor.tracing.edits import edits
from torchwise.doctor.tracing.fitting import Shape, attached, swapped, swaps
from torchwise.doctor.tracing.operands import Shaped, shape_of, sizes_of
from torchwise.doctor.tracing.placing import arranged, cut
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Words
from torchwise.texts import note


@dataclass(frozen=True, eq=False)
class Joining:
    """A call of cat or stack: its tensors and the dimension it joins along."""

    case: Case
    call: Spot
    name: str
    items: tuple[Shaped, ...]
    dim: int

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes, in order."""
        return tuple(item.shape for item in self.items)

    def fits(self, shapes: tuple[Shape, ...], dim: int | None = None) -> bool:
        """Whether tensors of these shapes could be joined."""
        if len({len(shape) for shape in shapes}) != 1:
            return False
        along = self.dim if dim is None else dim
        rank = len(shapes[0])
        if self.name == "stack":
            return len(set(shapes)) == 1
        if not -rank <= along < rank:
            return False
        return len({shape[: along % rank] + shape[along % rank + 1 :] for shape in shapes}) == 1

    def with_item(self, index: int, shape: Shape) -> tuple[Shape, ...]:
        """The shapes with one replaced."""
        return (*self.shapes[:index], shape, *self.shapes[index + 1 :])


def appended(made: Spot, listed: Spot) -> Spot | None:
    """What is appended to a list that began empty."""
    name = listed.text
    for node in ast.walk(listed.source.scope_of(listed.node)):
        is_append = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append"
        if is_append and node.args and ast.unparse(node.func.value) == name:  # type: ignore[attr-defined]
            return listed.at(node.args[0], ())  # type: ignore[attr-defined]
    if isinstance(made.node, ast.ListComp):
        return made.at(made.node.elt, ())
    return None


def is_collating(case: Case) -> bool:
    """Whether the user's collate function is at work: then it is samples that don't fit each other."""
    is_fetching = any(f.function == "fetch" and "utils" in f.file and not f.is_user for f in case.frames)
    return is_fetching and case.frame is not None and case.frame.function != "__getitem__"


def first_difference(joining: Joining) -> tuple[int, int, int] | None:
    """Two tensors of one rank and the dimension (from the end) in which they must be equal and are not."""
    first = joining.shapes[0]
    rank = len(first)
    for index, shape in enumerate(joining.shapes):
        if len(shape) != rank:
            return None
        for dim in range(rank):
            is_along = joining.name == "cat" and dim == joining.dim % rank
            if shape[dim] != first[dim] and not is_along:
                return 0, index, dim - rank
    return None


def candidates(joining: Joining) -> Iterator[Candidate]:
    """All single changes with which the join would work."""
    if len({len(shape) for shape in joining.shapes}) == 1:
        yield from _another_dim(joining)
        yield from _cat_for_stack(joining)
        yield from _another_size(joining)
    yield from _rebound(joining)
    for index, item in enumerate(joining.items[:6]):
        if joining.shapes.count(item.shape) > len(joining.shapes) / 2:
            continue  # it is like most others
        yield from _stored(joining, index, item)
        yield from _arranged(joining, index, item)
        yield from _edited(joining, index, item)


def _another_dim(joining: Joining) -> Iterator[Candidate]:
    """Cat along the dimension that differs."""
    if joining.name == "stack":
        return
    rank = len(joining.shapes[0])
    if not rank or not -rank <= joining.dim < rank:
        yield from _stack_for_cat(joining)
    dims = [dim for dim in range(rank) if len({shape[dim] for shape in joining.shapes}) > 1]
    if len(dims) != 1 or not joining.fits(joining.shapes, dims[0]):
        return
    call = joining.call.node
    assert isinstance(call, ast.Call), "asked for calls"
    given = keyword_of(call, "dim") or keyword_of(call, "axis") or next(iter(call.args[1:]), None)
    word = "axis" if type(joining.items[0].value).__name__ == "ndarray" else "dim"
    if given is None:
        text = joining.call.text.rstrip()
        change = replaced(joining.call, call, f"{text[:-1].rstrip().removesuffix(',')}, {word}={dims[0]})")
        yield 1.0, change, ""
        return
    is_spatial, is_batch = rank == 4 and dims[0] >= 2, dims[0] == 0
    born = joining.case.flow.born(joining.call.at(given, ()))
    change = replaced(joining.call, given, str(dims[0]), least=call)
    if born.node is not given and isinstance(born.node, ast.Constant):
        change = replaced(born, born.node, str(dims[0]))
    yield 2.6 if is_spatial or is_batch else 1.5, change, ""


def _stack_for_cat(joining: Joining) -> Iterator[Candidate]:
    """Stack for single numbers, which have no dimension to join along."""
    call = joining.call.node
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute | ast.Name):
        function = joining.call.source.text(call.func)
        name = function[: len(function) - len(function.split(".")[-1])] + "stack"
        yield 1.0, replaced(joining.call, call.func, name, least=call), note("single numbers have no dimension to join")


def _cat_for_stack(joining: Joining) -> Iterator[Candidate]:
    """Cat for batches of which the last is smaller; pad_sequence for sequences of different lengths."""
    if joining.name != "stack" or len({shape[1:] for shape in joining.shapes}) != 1 or not joining.shapes[0]:
        return
    call = joining.call.node
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute | ast.Name), "a function is called"
    lengths = [shape[0] for shape in joining.shapes]
    listed = joining.call.source.text(call.args[0]) if call.args else "tensors"
    is_batches = (
        joining.items[0].value is not None
        and len(lengths) > 1
        and len(set(lengths[:-1])) == 1
        and lengths[-1] < lengths[0]
    )
    if (is_batches and len(lengths) > 2) or (is_batches and not is_collating(joining.case)):
        function = joining.call.source.text(call.func).replace("stack", "cat")
        more = note("the last batch has {last} samples, the others {first}", last=lengths[-1], first=lengths[0])
        yield 1.2, replaced(joining.call, call, f"{function}({listed})"), more
    elif isinstance(joining.items[0].value, Tensor | None):
        fix = f"nn.utils.rnn.pad_sequence({listed}, batch_first=True)"
        yield 1.6, replaced(joining.call, call, fix), note("sequences of different lengths are padded first")


def _another_size(joining: Joining) -> Iterator[Candidate]:
    """Another number where one of the sizes was given; expand for a size of 1."""
    place = first_difference(joining)
    if place is None:
        return
    one, other = joining.items[place[0]], joining.items[place[1]]
    dim = place[2]
    for small, big in ((one, other), (other, one)):
        if small.shape[dim] == 1 and big.shape[dim] > 1:
            rank = len(small.shape)
            name = big.text if big.text.isidentifier() else ""
            wanted = f"{name}.size({rank + dim})" if name else str(big.shape[dim])
            texts = [wanted if index == rank + dim else "-1" for index in range(rank)]
            edit = attached(small.spot, f".expand({', '.join(texts)})", 1.3, "expanded", joining.call.node)
            yield edit.cost, edit.change, ""
            return
    case = joining.case
    pair = [(item.spot, dim, item.shape[dim]) for item in (one, other)]
    if one.spot is not other.spot:
        for blame in blames(case, sizes_of(case), pair[0], pair[1]):
            more: Words = ""
            if blame.kind == "batch":
                size = blame.origin.size
                more = note("a batch need not have {size} samples: the last one is often smaller", size=size)
            yield blame.cost, blame.change, more
        yield from cut(case, one, other, joining.call.node)


def _stored(joining: Joining, index: int, item: Shaped) -> Iterator[Candidate]:
    """Plain numbers of a buffer, of which a helper makes tensors as of all its lists: stored as [number]."""
    if len(item.shape) != 1 or not joining.fits(joining.with_item(index, (*item.shape, 1))):
        return
    for step in joining.case.flow.trail(item.spot):
        listed = step.node.args[0] if isinstance(step.node, ast.Call) and len(step.node.args) == 1 else None
        if not isinstance(listed, ast.Attribute) or not isinstance(listed.value, ast.Name) or listed.value.id != "self":
            continue
        added = [
            node.args[0]
            for node in ast.walk(step.source.tree)
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) == f"self.{listed.attr}.append"
        ]
        if len(added) == 1 and isinstance(added[0], ast.Name):
            call = step.source.parents[added[0]]
            yield 0.9, replaced(step.at(added[0], ()), added[0], f"[{added[0].id}]", least=call), ""
        return


def _arranged(joining: Joining, index: int, item: Shaped) -> Iterator[Candidate]:
    """A dimension put in or taken away, a transpose, a state of the last layer, a flattened image."""
    beside = next((other for other in joining.items if other.shape != item.shape), item)
    target = beside.shape
    is_sequence = isinstance(consumer(sizes_of(joining.case), joining.call), nn.RNNBase)

    rank = len(item.shape)

    def tried(text: str, shape: Shape, cost: float) -> Iterator[Candidate]:
        if joining.fits(joining.with_item(index, shape)):
            asked = shape if len(shape) > rank else None
            yield cost, arranged(joining.case, item, text, joining.call.node, asked, beside), ""

    if rank < len(target):
        order = sorted(range(rank + 1), key=lambda place: (place != joining.dim % (rank + 1), place == 0))
        for place in order:
            shape = (*item.shape[:place], 1, *item.shape[place:])
            yield from tried(f".unsqueeze({place})", shape, 1.7 - 0.2 * is_sequence)
        yield from _spread(joining, index, item, target)
    for place, size in enumerate(item.shape if rank > len(target) else ()):
        shape = (*item.shape[:place], *item.shape[place + 1 :])
        if size == 1:
            yield from tried(f".squeeze({place})", shape, 1.6 + 0.2 * is_sequence + 0.5 * (len(shape) == 1))
        elif place == 0:
            yield from tried("[-1]", shape, 1.9)
        elif place == 1:
            yield from tried("[:, -1]", shape, 2.2)
    if rank > len(target) == 2:
        is_pooled = set(item.shape[2:]) == {1}
        yield from tried(".flatten(1)", (item.shape[0], math.prod(item.shape[1:])), 1.5 if is_pooled else 2.0)
    for text, pair in swaps(rank):
        yield from tried(text, swapped(item.shape, pair), 2.3)


def _rebound(joining: Joining) -> Iterator[Candidate]:
    """The name that is appended is bound at two places, to different shapes: state = reset(), state = step()."""
    spot, sizes = joining.items[0].spot, sizes_of(joining.case)
    if not isinstance(spot.node, ast.Name) or any(item.spot is not spot for item in joining.items):
        return
    places = [b for b in bindings_in(spot.source.scope_of(spot.node), spot.node.id) if b.kind == "value"]
    for binding in places if len(places) > 1 else ():
        made = spot.at(binding.node, binding.path)
        others = {shape for shape in joining.shapes if shape != sizes.shape(made)}
        for edit in edits(sizes, made):
            if shape_of(edit.value(sizes)) in others and len(others) == 1:
                yield edit.cost - 0.4, edit.change, ""


def _spread(joining: Joining, index: int, item: Shaped, target: Shape) -> Iterator[Candidate]:
    """A vector for each sample beside a map or a sequence of each: repeated over its positions."""
    if len(item.shape) != 2 or len(target) < 3 or item.shape[0] != target[0]:
        return
    is_last = joining.dim % len(target) == len(target) - 1
    middle = target[1:-1] if is_last else target[2:]
    shape = (item.shape[0], *middle, item.shape[1]) if is_last else (item.shape[0], item.shape[1], *middle)
    if not joining.fits(joining.with_item(index, shape)):
        return
    ones = ", ".join(["None"] * len(middle))
    sizes = ", ".join(map(str, middle))
    text = f"[:, {ones}].expand(-1, {sizes}, -1)" if is_last else f"[:, :, {ones}].expand(-1, -1, {sizes})"
    edit = attached(item.spot, text, 1.9, "spread", joining.call.node)
    yield edit.cost, edit.change, ""


def _edited(joining: Joining, index: int, item: Shaped) -> Iterator[Candidate]:
    """Changes on the way of one tensor."""
    if item.text.endswith("]") and item.spot.text != item.text:
        return  # the items of a list share their way

    def accept(value: Any) -> bool:
        shape = shape_of(value)
        return shape is not None and shape != item.shape and joining.fits(joining.with_item(index, shape))

    for repair in repairs(sizes_of(joining.case), item.spot, accept, joining.call.node):
        yield repair.cost, repair.edit.change, ""
