"""Writing into a tensor, or copying, what has another shape."""

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torchwise.doctor.case import Case
from torchwise.doctor.rules.indexing import indexing_of
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.fitting import Shape, attached, broadcast, index_text, odd_dimensions, placements, swapped
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Words
from torchwise.texts import note

IN_PLACE = ("add", "sub", "mul", "div", "add_", "sub_", "mul_", "div_", "pow", "operator")


@dataclass(frozen=True, eq=False)
class Writing:
    """A value to be written where there is room for another shape; `node` is the whole expression or statement."""

    case: Case
    node: ast.AST
    target: Shaped
    value: Shaped

    @property
    def fits(self) -> bool:
        """Whether the value can be written there."""
        return broadcast(self.target.shape, self.value.shape) == self.target.shape


def written_shape_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW229: what is written into a tensor does not broadcast to the place."""
    writing = _assigned(case) or _copied(case) or _in_place(case)
    if writing is None or writing.fits:
        return
    target, value = writing.target, writing.value
    what = note(
        "{value} {value_shape} is written into {target}, which is {target_shape}",
        value=value.text, value_shape=str(value.shape), target=target.text, target_shape=str(target.shape),
    )  # fmt: skip
    yield from ranked_findings(
        case, "TW229", what, why=_why(writing), candidates=_candidates(writing), seen=seen_of(target, value)
    )


def _assigned(case: Case) -> Writing | None:
    """x[i] = y."""
    node = case.frame.node if case.frame is not None else None
    if case.frame is None or case.frame.source is None or not isinstance(node, ast.Subscript):
        return None
    statement = case.frame.source.parents.get(node)
    if not isinstance(statement, ast.Assign) or node not in statement.targets or indexing_of(case) is None:
        return None
    target = _room(case, node)
    value = at_node(case, statement.value)
    return Writing(case, statement, target, value) if target is not None and value is not None else None


def _room(case: Case, node: ast.Subscript) -> Shaped | None:
    """The place that a subscript names, as it would be read."""
    base, index = sizes_of(case).value(case.spot(node.value)), sizes_of(case).value(case.spot(node.slice))
    try:
        shape = shape_of(base[index])
    except Exception:  # then the index itself is at fault
        return None
    text = " ".join(case.spot(node).text.split())
    return Shaped(text, case.spot(node), shape, base[index]) if shape is not None else None


def _copied(case: Case) -> Writing | None:
    """x.copy_(y)."""
    operation = case.operation
    if operation is None or operation.name != "copy_" or not isinstance(operation.node, ast.Call):
        return None
    call = operation.node
    if not isinstance(call.func, ast.Attribute) or not call.args:
        return None
    target, value = at_node(case, call.func.value), at_node(case, call.args[0])
    return Writing(case, call, target, value) if target is not None and value is not None else None


def _in_place(case: Case) -> Writing | None:
    """X += y, where y is larger: the result can't be kept in x."""
    operation = case.operation
    if operation is None or operation.name not in IN_PLACE:
        return None
    node: ast.AST = operation.node
    if isinstance(node, ast.AugAssign):
        target, value = at_node(case, node.target), at_node(case, node.value)
    elif (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args and operation.name[-1] == "_"
    ):
        target, value = at_node(case, node.func.value), at_node(case, node.args[0])
    else:
        return None
    if target is None or value is None or broadcast(target.shape, value.shape) is None:
        return None  # these don't broadcast at all, which is told elsewhere
    return Writing(case, node, target, value)


def _why(writing: Writing) -> Words:
    """The rule, and where the sizes come from."""
    target, value = writing.target, writing.value
    if isinstance(writing.node, ast.AugAssign) or writing.case.operation is None:
        return note(
            "an operation in place keeps the shape of its tensor, and the result would be {shape}",
            shape=str(broadcast(target.shape, value.shape)),
        )  # fmt: skip
    rule = note("what is written must have the sizes of the place, or 1")
    dims = odd_dimensions(target.shape, value.shape)
    if not dims:
        return rule
    sizes = sizes_of(writing.case)
    stories = [
        story(writing.case, sizes.origin(item.spot, dims[0], item.shape[dims[0]]), item.text)
        for item in (target, value)
    ]
    return sentences(rule, *stories)


def _candidates(writing: Writing) -> Iterator[Candidate]:
    """All single changes with which it could be written."""
    case, target, value, node = writing.case, writing.target, writing.value, writing.node
    yield from _not_in_place(writing)
    yield from _shorter(writing)
    for index, wanted in enumerate(placements(value.shape, target.shape)):
        edit = attached(value.spot, index_text(value.shape, wanted), 1.7 + 0.4 * index, "placed", node)
        yield edit.cost, edit.change, ""
    for place, size in enumerate(value.shape if len(value.shape) > len(target.shape) else ()):
        if size == 1 and _fits(target.shape, (*value.shape[:place], *value.shape[place + 1 :])):
            yield 1.6, attached(value.spot, f".squeeze({place})", 1.6, "squeezed", node).change, ""
    if math.prod(value.shape) == math.prod(target.shape) and len(value.shape) > len(target.shape):
        sizes = tuple(size for size in value.shape if size != 1)
        text = ".squeeze()" if sizes == target.shape else f".reshape({', '.join(map(str, target.shape))})"
        yield 1.9, attached(value.spot, text, 1.9, "reshaped", node).change, ""
    if len(value.shape) == 2 and _fits(target.shape, swapped(value.shape, (0, 1))):
        yield 1.8, attached(value.spot, ".T", 1.8, "swapped", node).change, ""
    dims = odd_dimensions(target.shape, value.shape)
    if dims and len(target.shape) == len(value.shape):
        pair = [(item.spot, dims[-1], item.shape[dims[-1]]) for item in (target, value)]
        for blame in blames(case, sizes_of(case), pair[0], pair[1]):
            yield blame.cost, blame.change, ""

    def accept(changed: Any) -> bool:
        shape = shape_of(changed)
        return shape is not None and shape != value.shape and _fits(target.shape, shape)

    for repair in repairs(sizes_of(case), value.spot, accept, node):
        yield repair.cost, repair.edit.change, ""


def _fits(target: Shape, shape: Shape) -> bool:
    return broadcast(target, shape) == target


def _not_in_place(writing: Writing) -> Iterator[Candidate]:
    """Not in place: x = x + y for x += y."""
    node = writing.node
    if not isinstance(node, ast.AugAssign) or broadcast(writing.target.shape, writing.value.shape) is None:
        return
    signs = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
    sign = signs.get(type(node.op))
    if sign is None:
        return
    spot = writing.case.spot(node)
    target, value = (spot.source.text(item) for item in (node.target, node.value))
    yield 1.5, replaced(spot, node, f"{target} = {target} {sign} {value}"), ""


def _slices(node: ast.Subscript) -> Iterator[tuple[int, int, ast.Slice]]:
    """The slices of an index that end somewhere: their dimension in the tensor, in what is taken, and themselves."""
    taken = 0
    for index, part in enumerate(node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]):
        if isinstance(part, ast.Slice):
            if part.upper is not None:
                yield index, taken, part
            taken += 1
        elif isinstance(part, ast.Constant) and part.value in (None, Ellipsis):
            return


def _shorter(writing: Writing) -> Iterator[Candidate]:
    """The end of a slice by the length of what is written; or a buffer that is long enough for it."""
    target, value, sizes = writing.target, writing.value, sizes_of(writing.case)
    node: ast.AST = target.spot.node
    base = at_node(writing.case, node.value) if isinstance(node, ast.Subscript) else None
    if not isinstance(node, ast.Subscript) or base is None or len(target.shape) != len(value.shape):
        return
    for dim, at, part in _slices(node):
        assert part.upper is not None, "chosen so"
        count, room = value.shape[at], target.shape[at]
        rest = (*value.shape[:at], room, *value.shape[at + 1 :])
        if count == room or rest != target.shape:
            continue
        upper = sizes.value(target.spot.at(part.upper, ()))
        if isinstance(upper, int) and upper > base.shape[dim] and count > room:
            yield from _longer(writing, base, dim, upper, count)
            continue
        start = target.spot.source.text(part.lower) if part.lower is not None else ""
        length = f"{value.text}.size({at})" if at else f"len({value.text})"
        name = length if value.text.isidentifier() else str(count)
        more = note("there are {count} values to write, not {room}", count=count, room=room)
        change = replaced(target.spot, part.upper, f"{start} + {name}" if start else name, least=node)
        yield 1.2 if count < room else 1.9, change, more


def _longer(writing: Writing, base: Shaped, dim: int, end: int, count: int) -> Iterator[Candidate]:
    """A buffer as long as what is written into it, or a multiple of what is written at once."""
    case, size = writing.case, base.shape[dim]
    origin = sizes_of(case).origin(base.spot, dim - len(base.shape), size)
    fitting = size // count * count or end
    more = note("the slice ends at {end}, {name} at {size}: only {room} places are left", end=end, name=base.text,
                size=size, room=size - (end - count))  # fmt: skip
    if origin.number is not None:
        yield 1.1, number_change(case, origin.number, fitting, everywhere=True), more


RULES = (written_shape_does_not_fit,)
