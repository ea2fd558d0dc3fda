"""expand, repeat and their like to a shape that can't be."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from torchwise.doctor.case import Case
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.called import is_derived
from torchwise.doctor.tracing.fitting import MOST_DIMS, Shape, broadcast, index_text
from torchwise.doctor.tracing.numbers import number_change
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.placing import arranged
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Words
from torchwise.texts import note

EXPANDING = {"expand", "expand_as", "broadcast_to", "repeat", "tile"}


@dataclass(frozen=True, eq=False)
class Expanding:
    """A call of expand or repeat: the tensor, the sizes and their expressions."""

    case: Case
    call: ast.Call
    name: str
    given: Shaped
    sizes: tuple[int, ...]
    nodes: tuple[ast.expr, ...]
    like: Shaped | None = None

    def fits(self, shape: Shape, sizes: tuple[int, ...] | None = None) -> bool:
        """Whether a tensor of that shape could be brought to the sizes."""
        sizes = self.sizes if sizes is None else sizes
        if self.name in ("repeat", "tile"):
            return len(sizes) >= len(shape) or self.name == "tile"
        extra = len(sizes) - len(shape)
        if extra < 0 or -1 in sizes[:extra]:
            return False
        return all(size in (-1, own) or own == 1 for own, size in zip(shape, sizes[extra:], strict=True))


def expanded_shape_cannot_be(case: Case) -> Iterator[Finding]:
    """TW227: only dimensions of 1 (or new ones in front) can be expanded; repeat needs a number for each dimension."""
    operation = case.operation
    if operation is None or operation.name not in EXPANDING or not isinstance(operation.node, ast.Call):
        return
    expanding = _expanding(case, operation.name, operation.node)
    if expanding is None or expanding.fits(expanding.given.shape):
        return
    given = expanding.given
    what = note(
        "{name} {shape} can't be brought to {call}",
        name=given.text, shape=str(given.shape), call=f"{expanding.name}({', '.join(map(str, expanding.sizes))})",
    )  # fmt: skip
    seen = seen_of(given, *([expanding.like] if expanding.like else []))
    yield from ranked_findings(case, "TW227", what, why=_why(expanding), candidates=_candidates(expanding), seen=seen)


def _expanding(case: Case, name: str, call: ast.Call) -> Expanding | None:
    is_method = isinstance(call.func, ast.Attribute) and at_node(case, call.func.value) is not None
    nodes = list(call.args)
    first = call.func.value if is_method and isinstance(call.func, ast.Attribute) else nodes.pop(0) if nodes else None
    given = at_node(case, first) if first is not None else None
    if given is None or not nodes:
        return None
    if name == "expand_as":
        like = at_node(case, nodes[0])
        return Expanding(case, call, name, given, like.shape, (), like) if like is not None else None
    if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple | ast.List):
        nodes = list(nodes[0].elts)
    sizes: list[int] = []
    for node in nodes:
        inner = node.value if isinstance(node, ast.Starred) else node
        value = sizes_of(case).value(case.spot(inner))
        sizes += list(value) if isinstance(value, list | tuple) else [value]
    if not all(isinstance(size, int) for size in sizes):
        return None
    written = tuple(nodes) if len(nodes) == len(sizes) else ()
    return Expanding(case, call, name, given, tuple(sizes), written)


def _why(expanding: Expanding) -> Words:
    """The rule that is broken, with the first size that does not fit."""
    shape, sizes = expanding.given.shape, expanding.sizes
    if expanding.name in ("repeat", "tile"):
        return note("repeat needs a number for each of the {rank} dimensions, it gets {given}",
                    rank=len(shape), given=len(sizes))  # fmt: skip
    extra = len(sizes) - len(shape)
    if extra < 0:
        return note("expand needs a size for each of the {rank} dimensions, it gets {given}",
                    rank=len(shape), given=len(sizes))  # fmt: skip
    for own, size in zip(shape, sizes[extra:], strict=True):
        if size not in (-1, own) and own != 1:
            return note("only a dimension of 1 can be expanded; here {own} should become {size}", own=own, size=size)
    return note("the sizes are matched from the last; a new dimension in front can't be -1")


def _candidates(expanding: Expanding) -> Iterator[Candidate]:
    """All single changes with which it would work."""
    yield from _more_sizes(expanding)
    yield from _placed(expanding)
    yield from _other_size(expanding)
    yield from _repeated(expanding)
    if expanding.like is not None:
        yield from _blamed(expanding)

    def accept(value: object) -> bool:
        shape = shape_of(value)
        return shape is not None and shape != expanding.given.shape and expanding.fits(shape)

    for repair in repairs(sizes_of(expanding.case), expanding.given.spot, accept, expanding.call):
        yield repair.cost + 0.2, repair.edit.change, ""


def _more_sizes(expanding: Expanding) -> Iterator[Candidate]:
    """The sizes that are missing: -1 for expand, 1 for repeat; put in where the others stay as they are."""
    shape, sizes, nodes = expanding.given.shape, expanding.sizes, expanding.nodes
    missing = len(shape) - len(sizes)
    if missing <= 0 or not nodes:
        return
    is_repeat = expanding.name in ("repeat", "tile")
    filler = 1 if is_repeat else -1
    found = []
    for places in itertools.combinations(range(len(shape)), missing):
        rest = iter(sizes)
        filled = tuple(filler if i in places else next(rest) for i in range(len(shape)))
        if expanding.fits(shape, filled):
            moved = sum(size not in (-1, own) for own, size in zip(shape, filled, strict=True))
            found.append((0 if is_repeat else moved, tuple(-place for place in places), places))
    if found:
        _, _, places = min(found)
        texts = iter([expanding.case.spot(node).text for node in nodes])
        text = ", ".join(str(filler) if i in places else next(texts) for i in range(len(shape)))
        spot = expanding.case.spot(expanding.call)
        code = spot.text
        begin = code.index(expanding.case.spot(nodes[0]).text, len(spot.source.text(expanding.call.func)))
        end = code.rindex(expanding.case.spot(nodes[-1]).text) + len(expanding.case.spot(nodes[-1]).text)
        yield 1.2, replaced(spot, expanding.call, f"{code[:begin]}{text}{code[end:]}"), ""


def _placed(expanding: Expanding) -> Iterator[Candidate]:
    """Dimensions of 1 put in before expanding: the batch stays first, the features last, where that fits."""
    shape, sizes, given = expanding.given.shape, expanding.sizes, expanding.given
    if expanding.name in ("repeat", "tile") or len(shape) >= len(sizes) or len(sizes) > MOST_DIMS:
        return
    found = []
    for places in itertools.combinations(range(len(sizes)), len(shape)):
        wanted = [1] * len(sizes)
        for size, place in zip(shape, places, strict=True):
            wanted[place] = size
        if expanding.fits(tuple(wanted)):
            is_split = len(shape) > 1 and places[0] != 0
            found.append((int(is_split) + int(places[-1] != len(sizes) - 1), tuple(wanted)))
    for index, (_, shape_with_ones) in enumerate(sorted(found)):
        text = index_text(shape, shape_with_ones)
        yield 1.5 + 0.3 * index, arranged(expanding.case, given, text, expanding.call, shape_with_ones), ""


def _other_size(expanding: Expanding) -> Iterator[Candidate]:
    """-1, or the tensor's own size, for one that does not fit."""
    shape, sizes = expanding.given.shape, expanding.sizes
    extra = len(sizes) - len(shape)
    if extra < 0 or expanding.name in ("repeat", "tile") or not expanding.nodes:
        return
    for index in range(extra, len(sizes)):
        own, size = shape[index - extra], sizes[index]
        changed = (*sizes[:index], own, *sizes[index + 1 :])
        if size in (-1, own) or own == 1 or not expanding.fits(shape, changed):
            continue
        spot = expanding.case.spot(expanding.nodes[index])
        if is_derived(sizes_of(expanding.case), spot):
            yield 2.0, replaced(spot, spot.node, "-1", least=expanding.call), ""
        else:
            yield 1.9, number_change(expanding.case, spot, own, expanding.call), ""


def _repeated(expanding: Expanding) -> Iterator[Candidate]:
    """Repeat where a dimension of more than 1 is to become longer."""
    shape, sizes = expanding.given.shape, expanding.sizes
    if expanding.name != "expand" or len(shape) != len(sizes):
        return
    times = [1 if size in (-1, own) else size // own if own and size % own == 0 else 0
             for own, size in zip(shape, sizes, strict=True)]  # fmt: skip
    if all(times):
        text = f"{expanding.given.text}.repeat({', '.join(map(str, times))})"
        yield 2.2, replaced(expanding.case.spot(expanding.call), expanding.call, text), ""


def _blamed(expanding: Expanding) -> Iterator[Candidate]:
    """Another number where one of the two sizes was given, for expand_as."""
    like, given = expanding.like, expanding.given
    if like is None or broadcast(like.shape, given.shape) is not None:
        return
    for dim in range(-1, -min(len(like.shape), len(given.shape)) - 1, -1):
        if given.shape[dim] not in (1, like.shape[dim]):
            pair = [(item.spot, dim, item.shape[dim]) for item in (given, like)]
            for blame in blames(expanding.case, sizes_of(expanding.case), pair[0], pair[1]):
                yield blame.cost, blame.change, ""
            return


RULES = (expanded_shape_cannot_be,)
