"""Arithmetic, comparisons and masks of two tensors whose shapes don't broadcast."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operation
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import Blame, blames
from torchwise.doctor.tracing.fitting import (
    Shape,
    attached,
    broadcast,
    index_text,
    odd_dimensions,
    placements,
    swapped,
    swaps,
)  # fmt: skip
from torchwise.doctor.tracing.operands import Shaped, seen_of, shape_of, shaped, sizes_of
from torchwise.doctor.tracing.passing import REDUCTIONS
from torchwise.doctor.tracing.placing import arranged, cut
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Words
from torchwise.texts import note

ELEMENTWISE = {
    "add", "sub", "mul", "div", "pow", "floor_divide", "remainder", "bitwise_and", "bitwise_or", "bitwise_xor",
    "compare", "where", "maximum", "minimum", "masked_fill", "masked_fill_", "lerp", "eq", "ne", "lt", "gt", "le", "ge",
    "logical_and", "logical_or", "logical_xor", "logaddexp", "addcmul", "addcdiv", "fmod", "hypot", "xlogy", "isclose",
    "allclose", "subtract", "multiply", "divide", "true_divide", "add_", "sub_", "mul_", "div_", "atan2", "operator",
    "cosine_similarity", "pairwise_distance", "logical_and_", "logical_or_", "clamp", "clip", "greater", "less",
    "greater_equal", "less_equal", "equal", "not_equal", "lerp_", "addcmul_", "addcdiv_", "dist",
}  # fmt: skip
MASKING = {"masked_fill", "masked_fill_", "where"}
IN_PLACE = ("add_", "sub_", "mul_", "div_", "masked_fill_")


def shapes_dont_broadcast(case: Case) -> Iterator[Finding]:
    """TW209: two tensors of an operation value by value have sizes that differ, and none of the two is 1."""
    operation = case.operation
    if operation is None or operation.name not in ELEMENTWISE or case.layer is not None:
        return
    pair = _unfitting(shaped(case))
    if pair is None:
        return
    one, other = pair
    what = note(
        "the shapes of {one} {one_shape} and {other} {other_shape} don't broadcast",
        one=one.text, one_shape=str(one.shape), other=other.text, other_shape=str(other.shape),
    )  # fmt: skip
    found = candidates(case, operation, one, other)
    why = _why(case, one, other)
    yield from ranked_findings(case, "TW209", what, why=why, candidates=found, seen=seen_of(one, other))


def _unfitting(items: list[Shaped]) -> tuple[Shaped, Shaped] | None:
    """The operand that does not broadcast with the others, and the largest of these."""
    shapes = [item.shape for item in items]
    if len(items) < 2 or broadcast(*shapes) is not None:
        return None
    for index in range(len(items)) if len(items) > 2 else ():
        rest = [item for i, item in enumerate(items) if i != index]
        common = broadcast(*(item.shape for item in rest))
        if common is not None:
            big = max(rest, key=lambda item: (len(item.shape), item.shape == common))
            return items[index], replace(big, shape=common)
    pairs = ((one, other) for i, one in enumerate(items) for other in items[i + 1 :])
    return next((pair for pair in pairs if broadcast(pair[0].shape, pair[1].shape) is None), None)


def _why(case: Case, one: Shaped, other: Shaped) -> Words:
    """The sizes that differ, and where they come from."""
    dims = odd_dimensions(one.shape, other.shape)
    rule = note(
        "counted from the last dimension, sizes must be equal or 1; here {one_size} meets {other_size}",
        one_size=one.shape[dims[0]], other_size=other.shape[dims[0]],
    )  # fmt: skip
    if len(one.shape) != len(other.shape):
        return rule
    sizes = sizes_of(case)
    stories = [story(case, sizes.origin(item.spot, dims[0], item.shape[dims[0]]), item.text) for item in (one, other)]
    return sentences(rule, *stories)


def candidates(case: Case, operation: Operation, one: Shaped, other: Shaped) -> Iterator[Candidate]:
    """All single changes with which the two would broadcast, each with its cost."""
    if (found := _classes_compared(case, operation, one, other)) is not None:
        yield found
    for small, big in ((one, other), (other, one)):
        yield from _edited(case, operation, small, big)
        yield from _placed(case, operation, small, big)
        yield from _swapped(operation, small, big)
    yield from _sized(case, one, other)
    yield from cut(case, one, other, operation.node)
    yield from _without_alpha(case, operation, one, other)
    yield from _looked_up(case, operation, one, other)
    yield from _flattened(case, operation, one, other)


def _classes_compared(case: Case, operation: Operation, one: Shaped, other: Shaped) -> Candidate | None:
    """Scores of all classes beside class indices: outputs == labels."""
    if operation.name not in ("compare", "eq", "ne"):
        return None
    for scores, labels in ((one, other), (other, one)):
        is_scores = isinstance(scores.value, Tensor) and scores.value.dtype.is_floating_point
        is_labels = isinstance(labels.value, Tensor) and not labels.value.dtype.is_floating_point
        if is_scores and is_labels and len(scores.shape) == 1 + len(labels.shape):
            dim = 1 if scores.shape[:1] + scores.shape[2:] == labels.shape else -1
            if tuple(size for i, size in enumerate(scores.shape) if i != dim % len(scores.shape)) != labels.shape:
                continue
            place = _assigned(case, scores.spot)
            around = operation.node if place is scores.spot else None
            edit = attached(place, f".argmax(dim={dim})", 0.8, "argmax", around)
            more = note(
                "{scores} holds a score for each class, {labels} the class", scores=scores.text, labels=labels.text
            )
            return edit.cost, edit.change, more
    return None


def _assigned(case: Case, spot: Spot) -> Spot:
    """Where a prediction that has its own name was made from the scores; the expression itself if it has none."""
    made = case.flow.before(spot)
    is_own = isinstance(spot.node, ast.Name) and "pred" in spot.node.id.lower() and made is not None
    is_here = made is not None and made.frame is spot.frame and made.frame is not None and not made.path
    return made if is_own and is_here and made is not None and isinstance(made.node, ast.Call | ast.Name) else spot


def _edited(case: Case, operation: Operation, small: Shaped, big: Shaped) -> Iterator[Candidate]:
    """Changes on the way of one operand."""
    is_for_samples = _is_one_for_each_sample(small, big)

    def accept(value: Any) -> bool:
        shape = shape_of(value)
        if shape is None or shape == small.shape or (is_for_samples and shape[:1] != small.shape[:1]):
            return False
        return broadcast(shape, big.shape) in (big.shape, shape)

    for repair in repairs(sizes_of(case), small.spot, accept, operation.node):
        is_kept = repair.edit.kind == "dimension" and isinstance(small.spot.node, ast.Attribute)
        if is_kept and call_name(repair.edit.spot.node) in REDUCTIONS:
            yield 0.9, repair.edit.change, note("a statistic that is kept for other rows is one for each column")
            continue
        grown = 0.0 if repair.edit.kind in ("keepdim", "size", "squeeze") else 0.2
        yield repair.cost + grown, repair.edit.change, ""


def _placed(case: Case, operation: Operation, small: Shaped, big: Shaped) -> Iterator[Candidate]:
    """Dimensions of 1 put in."""
    right = operation.name in MASKING or "mask" in small.text
    for index, wanted in enumerate(placements(small.shape, big.shape, right=right)):
        text = index_text(small.shape, wanted)
        more = note("as {shape} it is repeated along the others", shape=str(wanted))
        yield 2.2 + 0.5 * index, arranged(case, small, text, operation.node, wanted), more


def _swapped(operation: Operation, small: Shaped, big: Shaped) -> Iterator[Candidate]:
    """Two dimensions exchanged."""
    if len(small.shape) < 2:
        return
    for text, pair in swaps(len(small.shape)):
        shape = swapped(small.shape, pair)
        if shape != small.shape and broadcast(shape, big.shape) == big.shape:
            yield 2.4, attached(small.spot, text, 2.4, "swapped", operation.node).change, ""


def _sized(case: Case, one: Shaped, other: Shaped) -> Iterator[Candidate]:
    """Another number where one of the two sizes was given."""
    dims = odd_dimensions(one.shape, other.shape)
    if len(dims) != 1 and not _one_batch(one.shape, other.shape):
        return
    if _is_one_for_each_sample(one, other) or _is_one_for_each_sample(other, one):
        return
    places = [(item.spot, dims[-1], item.shape[dims[-1]]) for item in (one, other)]
    for blame in blames(case, sizes_of(case), places[0], places[1]):
        yield blame.cost + _mismatch_of_ranks(one.shape, other.shape), blame.change, _said(blame)


def _looked_up(case: Case, operation: Operation, one: Shaped, other: Shaped) -> Iterator[Candidate]:
    """A weight for each class beside a value for each sample: the weights of the samples' classes are meant."""
    for weights, values in ((one, other), (other, one)):
        if len(weights.shape) != 1 or len(values.shape) != 1 or case.frame is None:
            continue
        for name, labels in list(case.frame.locals.items()):
            if not isinstance(labels, Tensor) or labels.dtype.is_floating_point or labels.device.type != "cpu":
                continue
            is_index = tuple(labels.shape) == values.shape and str(labels.dtype) in ("torch.int64", "torch.int32")
            if is_index and int(labels.min()) >= 0 and int(labels.max()) < weights.shape[0]:
                edit = attached(weights.spot, f"[{name}]", 1.3, "looked up", operation.node)
                yield 1.3, edit.change, note("{weights} has one value for each class", weights=weights.text)
                return


def _flattened(case: Case, operation: Operation, one: Shaped, other: Shaped) -> Iterator[Candidate]:
    """The same values, once flattened and once not: a loss of all positions beside their mask."""
    for item, flat in ((one, other), (other, one)):
        count = 1
        for size in item.shape:
            count *= size
        if len(flat.shape) == 1 < len(item.shape) and count == flat.shape[0]:
            yield 1.5, attached(item.spot, ".reshape(-1)", 1.5, "flattened", operation.node).change, ""


def _without_alpha(case: Case, operation: Operation, one: Shaped, other: Shaped) -> Iterator[Candidate]:
    """An image with a fourth channel, of transparency, beside statistics of three."""
    for image, statistics in ((one, other), (other, one)):
        for at in (-3, -1):
            if len(image.shape) < 3 or len(statistics.shape) < -at or (image.shape[at], statistics.shape[at]) != (4, 3):
                continue
            ahead = ":, " * (len(image.shape) + at)
            text = f"[{ahead}:3]" if at == -3 else "[..., :3]"
            change = arranged(case, image, text, operation.node)
            yield 1.5, change, note("an image with transparency has 4 channels, the colours are the first 3")
            return


def _said(blame: Blame) -> Words:
    if blame.kind == "batch":
        return note("a batch need not have {size} samples: the last one is often smaller", size=blame.origin.size)
    return ""


def _one_batch(one: Shape, other: Shape) -> bool:
    return len(one) == len(other) and one[1:] == other[1:]


def _is_one_for_each_sample(small: Shaped, big: Shaped) -> bool:
    """Whether a tensor has a value for each sample of one with more dimensions: (B,) beside (B, C, H, W)."""
    is_data = not isinstance(small.value, nn.Parameter)
    return is_data and len(big.shape) > len(small.shape) == 1 and 1 < big.shape[0] == small.shape[0]


def _mismatch_of_ranks(one: Shape, other: Shape) -> float:
    """A size is less likely at fault where the numbers of dimensions differ."""
    return 0.0 if len(one) == len(other) or min(len(one), len(other)) == 1 else 0.3


RULES = (shapes_dont_broadcast,)
