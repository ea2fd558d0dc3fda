"""Output and target of a loss that compares value by value, in shapes that don't fit."""

import re
from collections.abc import Iterator

from torchwise.doctor.births.criterion import as_other
from torchwise.doctor.births.fitting import Fit, at_the_line, column_maker, found_on_the_way
from torchwise.doctor.births.loss import ALIKE, BINARY, OTHER, Loss, loss_of
from torchwise.doctor.births.words import FLOATS, named
from torchwise.doctor.case import Case
from torchwise.doctor.rules.label_dtypes import loss_text, shown
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.fitting import odd_dimensions, swapped, swaps
from torchwise.doctor.tracing.operands import sizes_of
from torchwise.doctor.tracing.words import sentences, story
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note

Shape = tuple[int, ...]
ABOUT_SHAPES = re.compile(r"size|shape|dimension|broadcast", re.I)


def output_and_target_differ(case: Case) -> Iterator[Finding]:
    """TW202: the two shapes are not the same."""
    loss = loss_of(case)
    if loss is None or loss.name not in ALIKE | OTHER or not ABOUT_SHAPES.search(case.text):
        return
    output, target = tuple(loss.output.shape), tuple(loss.target.shape)
    if output == target or loss.name in ("multi_margin_loss", "ctc_loss", "multilabel_margin_loss"):
        return
    what = note("{loss} compares the output {output} with the target {target}",
                loss=loss_text(loss), output=shape_text(output), target=shape_text(target))  # fmt: skip
    options = sorted(_options(case, loss, output, target), key=lambda fit: fit.cost)
    why = sentences(_why(case, loss, output, target))
    for index, fit in enumerate(options[:3]):
        if fit.cost < options[0].cost + 1.0:
            yield case.finding("TW202", what, why=why, fix=fit.change.text, mend=fit.change.mend, sure=index == 0,
                               seen=shown(loss))  # fmt: skip
    if not options:
        yield case.finding("TW202", what, why=why, seen=shown(loss))


def _why(case: Case, loss: Loss, output: Shape, target: Shape) -> Words:
    """The rule, and where the sizes that differ come from."""
    if _is_of_classes(loss, output, target):
        return note("{loss} compares number with number; class numbers go with CrossEntropyLoss", loss=loss_text(loss))
    rule = note("each output is compared with one target, so both must have the same shape")
    if len(output) != len(target):
        return rule
    sizes = sizes_of(case)
    dim = next(d for d in range(-1, -len(output) - 1, -1) if output[d] != target[d])
    stories = [
        story(case, sizes.origin(spot, dim, shape[dim]), " ".join(spot.text.split()))
        for spot, shape in ((loss.output_spot, output), (loss.target_spot, target))
    ]
    return sentences(rule, *stories)


def _is_of_classes(loss: Loss, output: Shape, target: Shape) -> bool:
    """Whether the target holds class numbers and the output a score for each class."""
    is_int = named(loss.target.dtype) not in FLOATS
    is_whole = is_int or (loss.target.device.type != "meta" and bool((loss.target == loss.target.round()).all()))
    is_shaped = target == output[:1] + output[2:] or (target == (*output[:1], 1) and len(output) == 2)
    return len(output) > 1 and output[1] > 1 and is_shaped and is_whole


def _options(case: Case, loss: Loss, output: Shape, target: Shape) -> Iterator[Fit]:
    """Every change with which both have one shape."""
    if _is_of_classes(loss, output, target):
        change = as_other(case, loss, "CrossEntropyLoss", "cross_entropy")
        yield Fit(change, 0.9 if loss.name not in BINARY else 1.1, "loss")
    numbers = [_count(output), _count(target)]
    column = column_maker(case, loss.target_spot) if target[-1:] == (1,) and target[:-1] == output else None
    if column is not None:
        yield column
    yield from _squeezed(loss, output, target)
    if len(output) == len(target):
        yield from _sized(case, loss, output, target)
        yield from _swapped(loss, output, target)
    if numbers[0] == numbers[1] and len(output) > len(target) == 1:
        yield at_the_line(loss.output_spot, ".flatten()", 2.0)
    yield from found_on_the_way(case, loss, lambda one, other: one == other)
    if len(output) == len(target) == 2 and 1 in (output[1], target[1]) and output[0] == target[0]:
        return
    if len(output) != len(target):
        yield from _sized(case, loss, output, target)


def _count(shape: Shape) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def _squeezed(loss: Loss, output: Shape, target: Shape) -> Iterator[Fit]:
    """A dimension of 1 taken away from the output, or put into the target."""
    for dim in range(len(output)):
        if output[dim] == 1 and output[:dim] + output[dim + 1 :] == target:
            place = dim if dim < len(output) - 1 or len(output) == 2 else -1
            yield at_the_line(loss.output_spot, f".squeeze({place})", 1.2)
            yield at_the_line(loss.target_spot, f".unsqueeze({place})", 1.3)
            return
    for dim in range(len(target)):
        if target[dim] == 1 and target[:dim] + target[dim + 1 :] == output:
            place = dim if dim < len(target) - 1 or len(target) == 2 else -1
            yield at_the_line(loss.target_spot, f".squeeze({place})", 1.2)
            yield at_the_line(loss.output_spot, f".unsqueeze({place})", 1.3)
            return


def _sized(case: Case, loss: Loss, output: Shape, target: Shape) -> Iterator[Fit]:
    """Another number where one of the two sizes was given."""
    dims = odd_dimensions(output, target)
    dims = dims or [d for d in range(-1, -min(len(output), len(target)) - 1, -1) if output[d] != target[d]]
    if len(dims) != 1:
        return
    dim = dims[0]
    pair = (loss.output_spot, dim, output[dim]), (loss.target_spot, dim, target[dim])
    for blame in blames(case, sizes_of(case), *pair):
        yield Fit(blame.change, blame.cost - 0.6, blame.kind)


def _swapped(loss: Loss, output: Shape, target: Shape) -> Iterator[Fit]:
    """Two dimensions exchanged."""
    for text, pair in swaps(len(output)):
        if swapped(output, pair) == target:
            yield at_the_line(loss.output_spot, text, 1.7)
            yield at_the_line(loss.target_spot, text, 1.8)
    if len(output) == 4 and (target[0], target[3], target[1], target[2]) == output:
        yield at_the_line(loss.target_spot, ".permute(0, 3, 1, 2)", 1.6)


RULES = (output_and_target_differ,)
