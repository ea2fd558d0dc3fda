"""Which of two sizes that should agree is the odd one, and how its line would be mended."""

import ast
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.tracing.edits import is_number, replaced
from torchwise.doctor.layers import Change
from torchwise.doctor.tracing.sizes import Origin, Sizes
from torchwise.doctor.spots import Spot

SIZES_OF_LAYERS = (
    "in_features", "out_features", "in_channels", "out_channels", "embedding_dim", "input_size", "hidden_size",
    "embed_dim", "num_features", "normalized_shape", "d_model",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Blame:
    """One size that could be mended. cost: the higher, the less likely it is the odd one."""

    origin: Origin
    change: Change
    cost: float
    kind: str = "size"


def blames(case: Case, sizes: Sizes, one: tuple[Spot, int, int], other: tuple[Spot, int, int]) -> list[Blame]:
    """The changes that make two dimensions agree, likeliest first. one, other: expression, dimension from the end, size."""
    origins = [sizes.origin(spot, dim, size) for spot, dim, size in (one, other)]
    found = []
    for (mine, theirs), (spot, dim, _) in zip(
        (origins, reversed(origins)), (other, one), strict=True
    ):  # fmt: skip
        blame = blame_of(case, sizes, mine, theirs, (spot, dim))
        if blame is not None:
            found.append(blame)
    return sorted(found, key=lambda blame: blame.cost)


def blame_of(
    case: Case, sizes: Sizes, mine: Origin, theirs: Origin, place: tuple[Spot, int] | None = None
) -> Blame | None:
    """What it would take for the size `mine` to be that of `theirs`; place: where the other size stands, if it has one."""
    wanted = theirs.size
    if mine.kind == "layer" and mine.layer is not None and mine.parameter:
        site = case.site_of(mine.layer)
        change = case.layers.change(site, mine.layer, mine.parameter, wanted) if site is not None else None
        if change is None:
            return None
        cost = 2.0 + 0.3 * (not is_number(_argument(case, mine, site))) if site is not None else 2.5
        return Blame(mine, _named(change, mine, theirs), cost + _unpopular(case, mine.size, wanted))
    if mine.number is None:
        return None
    if _is_batch(theirs) and place is not None and _stands_still(case, mine):
        spot, dim = place
        rank = len(sizes.shape(spot) or ())
        if -dim == rank and (text := size_text(spot, 0, mine.number)) is not None:
            return Blame(mine, replaced(mine.number, mine.number.node, text), 1.0, "batch")
    change = number_change(case, mine.number, wanted)
    cost = 1.9 + 0.3 * (not is_number(mine.number.node))
    return Blame(mine, _named(change, mine, theirs), cost + _unpopular(case, mine.size, wanted))


def _argument(case: Case, origin: Origin, site: Spot) -> ast.AST:
    assert origin.layer is not None, "asked for layers"
    given = case.layers.argument(site, origin.layer, origin.parameter)
    return given.node if given is not None else ast.Pass()


def number_change(case: Case, number: Spot, wanted: int | str) -> Change:
    """Another number for one in the code: where it was born, if it serves nothing else."""
    born = case.flow.born(number)
    if born.node is not number.node and isinstance(born.node, ast.Constant) and not case.layers.is_shared(born, number):
        return replaced(born, born.node, str(wanted))
    return replaced(number, number.node, str(wanted))


def _named(change: Change, mine: Origin, theirs: Origin) -> Change:
    """The other size by its own name, where both stand in one function."""
    if theirs.number is None or not isinstance(theirs.number.node, ast.Name | ast.Attribute):
        return change
    part, text = change.spot.node, theirs.number.text
    if change.spot.source is not theirs.number.source:
        return change
    if change.spot.source.scope_of(part) is not theirs.number.source.scope_of(theirs.number.node):
        return change
    return replaced(change.spot, part, text) if isinstance(part, ast.expr) else change


def _unpopular(case: Case, size: int, wanted: int) -> float:
    """Less cost for a size that few layers have beside one that many have."""
    counts = {size: 0, wanted: 0}
    root = case.root
    for module in root[1].modules() if root is not None else ():
        for name in SIZES_OF_LAYERS:
            value = getattr(module, name, None) if isinstance(module, nn.Module) else None
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, int) and item in counts:
                    counts[item] += 1
    return 0.4 if counts[size] > counts[wanted] else -0.2 if counts[size] < counts[wanted] else 0.0


def _is_batch(origin: Origin) -> bool:
    """Whether a size is that of the batch as it came, not a number in the code."""
    return origin.kind in ("batch", "data") or (origin.kind == "made" and origin.number is None)


def _stands_still(case: Case, origin: Origin) -> bool:
    """Whether a number does not follow the batch: a constant, a setting."""
    assert origin.number is not None, "asked for numbers"
    text = case.flow.born(origin.number).text
    return not any(word in text for word in (".size(", ".shape", "len("))


def size_text(spot: Spot, dim: int, where: Spot) -> str | None:
    """x.size(0), where x can be named at another place of the same function."""
    if spot.source is not where.source or spot.source.scope_of(spot.node) is not where.source.scope_of(where.node):
        return None
    return f"{spot.text}.size({dim})" if isinstance(spot.node, ast.Name | ast.Attribute) else None
