"""What may be meant where a view asks for another number of values."""

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.operation import Operation
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.blame import blame_of
from torchwise.doctor.tracing.called import is_derived
from torchwise.doctor.tracing.consumer import consumer
from torchwise.doctor.tracing.edits import is_number
from torchwise.doctor.tracing.numbers import call_around, number_change
from torchwise.doctor.tracing.operands import Shaped, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.sizes import Origin
from torchwise.finding import Words
from torchwise.texts import note


@dataclass(frozen=True, eq=False)
class Reshaping:
    """A call of view or reshape: the tensor, and the sizes with their expressions (None where they are not written)."""

    case: Case
    operation: Operation
    given: Shaped
    sizes: tuple[int, ...]
    nodes: tuple[ast.expr | None, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return math.prod(self.given.shape)

    def others(self, index: int) -> int:
        """The product of all sizes but one, the open one (-1) left out."""
        return math.prod(size for i, size in enumerate(self.sizes) if i != index and size != -1)

    @property
    def fits(self) -> bool:
        """Whether the sizes multiply up to the number of values."""
        known = math.prod(size for size in self.sizes if size != -1)
        return self.count % known == 0 if -1 in self.sizes and known else known == self.count

    def spot(self, index: int) -> Spot | None:
        """The expression of one size."""
        node = self.nodes[index]
        return self.case.spot(node) if node is not None else None


def candidates(reshaping: Reshaping) -> Iterator[Candidate]:
    """All single changes with which the view would work."""
    yield from _other_sizes(reshaping)
    yield from _flattened(reshaping)
    yield from _other_features(reshaping)
    yield from _cut(reshaping)
    yield from _dividing(reshaping)
    yield from _edited(reshaping)


def _other_sizes(reshaping: Reshaping) -> Iterator[Candidate]:
    """Another number for one of the sizes."""
    case, given, call = reshaping.case, reshaping.given, reshaping.operation.node
    batch = given.shape[0] if given.shape else 0
    if len(given.shape) == 1 and -1 in reshaping.sizes:
        return  # a long row is cut, see below
    for index, size in enumerate(reshaping.sizes):
        spot, others = reshaping.spot(index), reshaping.others(index)
        if spot is None or size == -1 or not others or reshaping.count % others:
            continue
        needed = reshaping.count // others
        if -1 in reshaping.sizes:
            needed = _with_open_size(reshaping, index)
            if not needed:
                continue
        if is_derived(sizes_of(case), spot):
            if -1 not in reshaping.sizes:
                yield 2.6, replaced(spot, spot.node, "-1", least=call), ""
            continue
        if index == 0 and len(reshaping.sizes) > 1 and len(given.shape) > 1 and needed == batch != size:
            text = f"{given.text}.size(0)" if given.text.isidentifier() else "-1"
            text = text if -1 not in reshaping.sizes or text != "-1" else str(needed)
            more = note("the batch has {count} samples here, not {size}", count=batch, size=size)
            yield 1.1, replaced(spot, spot.node, text, least=call), more
            continue
        change = _with_factors(reshaping, number_change(case, spot, needed, call), needed)
        is_formula = isinstance(case.flow.born(spot).node, ast.BinOp)
        is_here = change.spot.node is spot.node
        is_shared = is_here and isinstance(spot.node, ast.Name | ast.Attribute)  # serves other places, too
        cost = 2.0 + 0.2 * (not is_here and not is_formula) + 0.5 * is_shared + 0.8 * _is_channels(reshaping, index)
        cost += _fitness(reshaping, index) - 0.6 * _is_channels(reshaping, index, needed)
        yield cost, change, _layer_too(reshaping, size, needed)
    yield from _other_square(reshaping)


def _fitness(reshaping: Reshaping, index: int) -> float:
    """Less cost for a size in front of others that make up the last sizes of the tensor, more for these."""
    sizes, shape = reshaping.sizes, reshaping.given.shape
    tails = {math.prod(shape[start:]) for start in range(1, len(shape))} - {1}
    for start in range(1, len(sizes)):
        if -1 not in sizes and math.prod(sizes[start:]) in tails:
            return -0.3 if index < start else 0.5
    return 0.0


def _is_channels(reshaping: Reshaping, index: int, size: int | None = None) -> bool:
    """Whether a size is the number of channels that the convolution behind takes."""
    size = reshaping.sizes[index] if size is None else size
    layer = consumer(sizes_of(reshaping.case), reshaping.case.spot(reshaping.operation.node))
    return index == 1 and getattr(layer, "in_channels", None) == size


def _with_factors(reshaping: Reshaping, change: Change, needed: int) -> Change:
    """16 * 4 * 4 for 256, where the old number was written so."""
    part, inner = change.spot.node, reshaping.given.shape[1:]
    if not isinstance(part, ast.BinOp) or not isinstance(part.op, ast.Mult) or math.prod(inner) != needed:
        return change
    call = reshaping.operation.node
    is_here = any(node is part for node in ast.walk(call))
    return replaced(change.spot, part, " * ".join(map(str, inner)), least=call if is_here else None)


def _other_square(reshaping: Reshaping) -> Iterator[Candidate]:
    """Another height and width, where both are written and equal."""
    sizes = reshaping.sizes
    spots = [reshaping.spot(len(sizes) - 2), reshaping.spot(len(sizes) - 1)] if len(sizes) > 2 else []
    one, other = spots if len(spots) == 2 else (None, None)
    if one is None or other is None or sizes[-1] != sizes[-2] or ast.dump(one.node) != ast.dump(other.node):
        return
    known = math.prod(size for size in sizes[:-2] if size != -1)
    count = math.prod(reshaping.given.shape[1:]) if sizes[0] == -1 else reshaping.count
    side = math.isqrt(count // known) if known else 0
    if not side or side * side * known != count:
        return
    call = reshaping.case.spot(reshaping.operation.node)
    if not is_number(one.node):
        yield 1.75, number_change(reshaping.case, one, side, call.node, everywhere=True), ""
        return
    between = call.source.text(call.node)
    begin, end = between.rfind(one.text, 0, between.rfind(other.text)), between.rfind(other.text)
    text = f"{between[:begin]}{side}, {side}{between[end + len(other.text) :]}"
    yield 1.75, replaced(call.at(one.node), call.node, text), ""


def _with_open_size(reshaping: Reshaping, index: int) -> int:
    """What one size must be beside a -1 that stands for the batch; 0 where that is not clear."""
    given, sizes = reshaping.given, reshaping.sizes
    others = [size for i, size in enumerate(sizes) if i != index and size != -1]
    if not given.shape or sizes[0] != -1:
        return given.shape[0] if index == 0 and given.shape and not reshaping.count % given.shape[0] else 0
    inner = math.prod(given.shape[1:])
    return inner // math.prod(others) if math.prod(others) and not inner % math.prod(others) else 0


def _layer_too(reshaping: Reshaping, size: int, needed: int) -> Words:
    """That the layer behind was built for the old number, too."""
    layer = consumer(sizes_of(reshaping.case), reshaping.case.spot(reshaping.operation.node))
    if not isinstance(layer, nn.Linear) or layer.in_features != size:
        return ""
    name = reshaping.case.path_of(layer) or "Linear"
    return note("{layer} behind it needs in_features={needed}, too", layer=name, needed=needed)


def _flattened(reshaping: Reshaping) -> Iterator[Candidate]:
    """Flatten for a view that writes the flattened size by hand from other sizes."""
    given, sizes = reshaping.given, reshaping.sizes
    last = len(sizes) - 1
    is_alike = all(size in (-1, given.shape[i]) for i, size in enumerate(sizes[:last]))
    if not 0 < last < len(given.shape) or not is_alike or reshaping.operation.name == "unflatten":
        return
    node = reshaping.operation.node
    text = f"{given.text}.flatten({last})"
    spot = reshaping.spot(last)
    if spot is None or is_derived(sizes_of(reshaping.case), spot):
        yield 1.9, replaced(reshaping.case.spot(node), node, text), ""


def wanted_size(reshaping: Reshaping) -> tuple[int, int, tuple[int, ...]] | None:
    """The dimension of the tensor that is at fault, what it must be, and the sizes that multiply up to that.

    Sizes that are equal in front and at the end are kept; one dimension between stands for all that is left.
    """
    shape, sizes = reshaping.given.shape, reshaping.sizes
    front = 0
    while front < min(len(sizes), len(shape)) - 1 and sizes[front] in (-1, shape[front]):
        front += 1
    back = 0
    while back < min(len(sizes), len(shape)) - front - 1 and sizes[-1 - back] == shape[-1 - back]:
        back += 1
    middle = sizes[front : len(sizes) - back]
    inner = math.prod(shape[front : len(shape) - back - 1])
    if not shape or not middle or min(middle) < 1 or not inner or math.prod(middle) % inner:
        return None
    return len(shape) - back - 1, math.prod(middle) // inner, middle


def _other_features(reshaping: Reshaping) -> Iterator[Candidate]:
    """Another size of the tensor itself, where that was given: by the layer before, or a factory."""
    case, given = reshaping.case, reshaping.given
    found = wanted_size(reshaping)
    if found is None:
        return
    dim, wanted, middle = found
    origin = sizes_of(case).origin(given.spot, dim - len(given.shape), given.shape[dim])
    blame = blame_of(case, sizes_of(case), origin, Origin("made", case.spot(reshaping.operation.node), wanted))
    if blame is None:
        return
    part, change = blame.change.spot.node, blame.change
    if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult):
        text = " * ".join(map(str, middle))
        change = replaced(blame.change.spot, part, text, least=call_around(blame.change.spot, part))
    is_written = isinstance(part, ast.BinOp | ast.Constant) and (origin.layer is not None or blame.cost < 2.6)
    yield 1.65 if is_written else blame.cost - 0.1, change, ""


def _dividing(reshaping: Reshaping) -> Iterator[Candidate]:
    """A patch or window that divides the size it is cut from: height // patch, patch."""
    sizes, case = reshaping.sizes, reshaping.case
    for index in range(len(sizes) - 1):
        first, second = reshaping.spot(index), reshaping.spot(index + 1)
        if first is None or second is None:
            continue
        born = case.flow.born(first).node
        if not isinstance(born, ast.BinOp) or not isinstance(born.op, ast.FloorDiv):
            continue
        whole = sizes_of(case).value(case.flow.born(first).at(born.left))
        part = sizes[index + 1]
        if isinstance(whole, int) and whole in reshaping.given.shape and part > 0 and whole % part:
            better = min((n for n in range(1, whole + 1) if whole % n == 0), key=lambda n: (abs(n - part), n))
            more = note("{whole} is no multiple of {part}", whole=whole, part=part)
            yield 1.2, number_change(case, second, better, reshaping.operation.node, everywhere=True), more
            return


def _cut(reshaping: Reshaping) -> Iterator[Candidate]:
    """A long sequence cut to a multiple before it is folded into rows."""
    given = reshaping.given
    known = math.prod(size for size in reshaping.sizes if size != -1)
    if len(given.shape) != 1 or -1 not in reshaping.sizes or known < 2 or known > reshaping.count:
        return
    row = next((reshaping.spot(i) for i, size in enumerate(reshaping.sizes) if size == known), None)
    text = row.text if row is not None else str(known)
    length = (
        f"{given.text}.numel() // {text} * {text}"
        if given.text.isidentifier()
        else str(reshaping.count // known * known)
    )
    node = given.spot.node
    change = replaced(given.spot, node, f"{given.text}[: {length}]", least=reshaping.operation.node)
    rest = reshaping.count % known
    yield 1.5, change, note("{rest} values are left over and are cut off", rest=rest)


def _edited(reshaping: Reshaping) -> Iterator[Candidate]:
    """Changes on the way of the tensor."""
    call = reshaping.case.spot(reshaping.operation.node)
    sizes = sizes_of(reshaping.case)
    wanted = math.prod(size for size in reshaping.sizes if size != -1)

    def accept(value: object) -> bool:
        shape = shape_of(value)
        if shape is None or shape == reshaping.given.shape:
            return False
        count = math.prod(shape)
        return count % wanted == 0 if -1 in reshaping.sizes and wanted else count == wanted

    for repair in repairs(sizes, reshaping.given.spot, accept, call.node):
        yield repair.cost + 0.4, repair.edit.change, ""
