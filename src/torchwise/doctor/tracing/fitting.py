"""How the shape of one operand can be brought to fit another: dimensions of 1 put in, dimensions swapped."""

import ast
import itertools
from collections.abc import Iterator, Sequence

from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.edits import Edit

Shape = tuple[int, ...]
MOST_DIMS = 6


def broadcast(*shapes: Shape) -> Shape | None:
    """The common shape of operands; None if they don't broadcast."""
    found: list[int] = []
    for sizes in itertools.zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            return None
        found.append(others.pop() if others else 1)
    return tuple(reversed(found))


def odd_dimensions(one: Shape, other: Shape) -> list[int]:
    """The dimensions, counted from the end, in which two shapes can't be broadcast."""
    pairs = enumerate(zip(reversed(one), reversed(other), strict=False), 1)
    return [-index for index, (a, b) in pairs if a != b and 1 not in (a, b)]


def placements(small: Shape, big: Shape, *, right: bool = False) -> Iterator[Shape]:
    """The shapes with dimensions of 1 put into `small` so that it broadcasts to `big` without making it larger.

    The likeliest first: the first dimension stays with the first one (the batch) where it fits. right: the last stays
    with the last one, as masks of attention want it.
    """
    if len(small) >= len(big) or len(big) > MOST_DIMS:
        return
    fits = [
        places
        for places in itertools.combinations(range(len(big)), len(small))
        if all(size in (1, big[place]) for size, place in zip(small, places, strict=True))
    ]

    def rank(places: Sequence[int]) -> tuple[int, ...]:
        starts = int(not (places and places[0] == 0))
        ends = int(not (places and places[-1] == len(big) - 1)) if right else 0
        return (starts, ends, *places)

    for places in sorted(fits, key=rank):
        shape = [1] * len(big)
        for size, place in zip(small, places, strict=True):
            shape[place] = size
        while shape and shape[0] == 1 and 0 not in places:
            del shape[0]  # broadcasting puts these in itself
        yield tuple(shape)


def index_text(small: Shape, wanted: Shape) -> str:
    """.unsqueeze(1), [:, :, None, None]: what makes `wanted` of `small` by dimensions of 1."""
    parts, rest = [], list(small)
    for position, size in enumerate(wanted):
        left = len(wanted) - position
        if rest and size == rest[0] and (size != 1 or left == len(rest)):
            parts.append(":")
            rest.pop(0)
        else:
            parts.append("None")
    if parts.count("None") == 1:
        return f".unsqueeze({parts.index('None') if parts[-1] != 'None' or len(parts) < 3 else -1})"
    while len(parts) > 1 and parts[-1] == ":" and parts[-2] == ":":
        parts.pop()
    return f"[{', '.join(parts)}]"


def attached(spot: Spot, text: str, cost: float, kind: str, around: ast.AST | None = None) -> Edit:
    """An edit that puts a method or an index behind an expression; around: what it is to be shown in."""
    own = spot.text
    node = spot.node
    is_simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return Edit(spot, node, f"{own if is_simple else f'({own})'}{text}", cost, kind, around)


def swaps(rank: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The transpositions of a tensor of that rank, that of the last two first: their code and the two dimensions."""
    if rank == 2:
        yield ".T", (0, 1)
        return
    pairs = [(rank - 2, rank - 1), *itertools.combinations(range(rank), 2)]
    for pair in dict.fromkeys(pairs):
        yield f".transpose({pair[0]}, {pair[1]})", pair


def swapped(shape: Shape, pair: tuple[int, int]) -> Shape:
    """The shape with two dimensions exchanged."""
    found = list(shape)
    found[pair[0]], found[pair[1]] = found[pair[1]], found[pair[0]]
    return tuple(found)


def one_more(one: Shape, other: Shape) -> tuple[int, int] | None:
    """Which of two shapes (0 or 1) is longer by one in a single dimension, and in which; None for images."""
    dims = [dim for dim in range(len(one)) if one[dim] != other[dim]] if len(one) == len(other) < 4 else []
    if len(dims) != 1 or abs(one[dims[0]] - other[dims[0]]) != 1 or 1 in (one[dims[0]], other[dims[0]]):
        return None
    return int(other[dims[0]] > one[dims[0]]), dims[0]


def cut_text(dim: int, *, first: bool = False) -> str:
    """[:, :-1]: all but the last (or the first) along a dimension."""
    return f"[{':, ' * dim}{'1:' if first else ':-1'}]"
