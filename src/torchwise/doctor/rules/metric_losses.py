"""Losses of pairs and triplets whose tensors have shapes that don't fit."""

import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.births.fitting import at_the_line, column_maker
from torchwise.doctor.births.tracer import user_spot
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding
from torchwise.texts import note

LOSSES = ("cosine_embedding_loss", "margin_ranking_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
          "hinge_embedding_loss", "multi_margin_loss")  # fmt: skip
ALIKE = ("margin_ranking_loss", "hinge_embedding_loss")  # the target has the shape of what is compared


def pair_of_other_shapes(case: Case) -> Iterator[Finding]:
    """TW202: the tensors that a loss of pairs or triplets compares have other sizes."""
    frame = case.passed(*LOSSES)
    if frame is None or not re.search(r"size|shape|dimension|broadcast|0D or 1D target", case.text):
        return
    tensors = [(name, value) for name, value in frame.arguments().items() if isinstance(value, Tensor)]
    found = _unlike(tensors, is_alike=frame.function in ALIKE)
    if found is None:
        return
    (one_name, one), (other_name, other) = found
    what = note("{loss} compares {one} {one_shape} with {other} {other_shape}", loss=frame.function, one=one_name,
                one_shape=shape_text(one.shape), other=other_name, other_shape=shape_text(other.shape))  # fmt: skip
    why = note("the tensors of a pair have one shape; the target has one number for each pair")
    spots = user_spot(case, one), user_spot(case, other)
    changes = list(_changes(case, (spots[0], one), (spots[1], other)))
    for index, change in enumerate(changes[:2]):
        yield case.finding("TW202", what, why=why, fix=change.text, mend=change.mend, sure=index == 0)
    if not changes:
        yield case.finding("TW202", what, why=why)


Named = tuple[str, Tensor]


def _unlike(tensors: list[Named], *, is_alike: bool) -> tuple[Named, Named] | None:
    """The first two that should be alike: the tensors of the pair, else the first one and the target (or its length)."""
    pairs = [item for item in tensors if item[0] != "target"]
    for item in pairs[1:]:
        if item[1].shape != pairs[0][1].shape:
            return pairs[0], item
    target = next((item for item in tensors if item[0] == "target"), None)
    if target is None or not pairs:
        return None
    wanted = pairs[0][1].shape if is_alike else pairs[0][1].shape[:1]
    return (pairs[0], target) if target[1].shape != wanted else None


def _changes(case: Case, one: tuple[Spot | None, Tensor], other: tuple[Spot | None, Tensor]) -> Iterator[Change]:
    """The changes with which both fit."""
    if one[0] is None or other[0] is None:
        return
    mine, theirs = tuple(one[1].shape), tuple(other[1].shape)
    if theirs[-1:] == (1,) and theirs[:-1] == mine[:1]:
        column = column_maker(case, other[0])
        yield (column or at_the_line(other[0], f".squeeze({len(theirs) - 1})", 1.0)).change
        return
    if mine == (*theirs, 1):
        yield at_the_line(other[0], f".unsqueeze({len(theirs)})", 1.0).change
    if len(mine) == len(theirs):
        for dim in range(-1, -len(mine) - 1, -1):
            if mine[dim] != theirs[dim]:
                for blame in blames(case, sizes_of(case), (one[0], dim, mine[dim]), (other[0], dim, theirs[dim])):
                    yield blame.change


RULES = (pair_of_other_shapes,)
