"""Poolings and convolutions that leave nothing of the image."""

import ast
from collections.abc import Iterator

from torch import nn
from torch.nn.modules.conv import _ConvNd

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.areas import leaves, settings, sizes_text, spatial_changes
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.data_sizes import sizes_behind
from torchwise.doctor.layerwise.repeats import Repeat, factory_call, repeat_of
from torchwise.doctor.layerwise.rewriting import worded
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.shapes import Way, way_of
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note


def nothing_left(case: Case) -> Iterator[Finding]:
    """TW206: the kernel is larger than the image."""
    way = way_of(case)
    step = way.failed
    told = settings(step) if step is not None else None
    if step is None or told is None or step.given is None:
        return
    spatial = len(told["kernel_size"])
    if len(step.given) not in (spatial + 1, spatial + 2):
        return
    if isinstance(step.module, _ConvNd) and step.given[-spatial - 1] != step.module.in_channels:
        return
    sizes = step.given[-spatial:]
    after = leaves(sizes, told)
    if all(size > 0 for size in after):
        return
    kernel = told["kernel_size"]
    what = note(
        "{name} has a kernel of {kernel}, but only {sizes} is left of the image", name=way.name(step),
        kernel=_times(kernel), sizes=_times(sizes),
    )  # fmt: skip
    changes = spatial_changes(way, way.given, spatial)
    why = _why(sizes, told, after)
    if changes:
        why = note("the sizes on the way: {sizes}; {why}", sizes=sizes_text(changes), why=why)
    repeat = repeat_of(case, way, step)
    if repeat is not None:
        yield _once_too_often(case, what, why, repeat)
        return
    if changes and (call := factory_call(case, way, step)) is not None:
        yield case.finding("TW206", what, why=why, fix=note("leave {name} out", name=call.text), mend=call)
        return
    if not changes and (short := _short_data(case, way, sizes[-1], max(kernel))) is not None:
        yield case.finding("TW206", what, why=why, fix=short[0], mend=short[1])
        return
    if changes and (larger := _larger_image(case, way, step, changes[0][1], sizes, kernel)) is not None:
        yield case.finding("TW206", what, why=why, fix=larger.text, mend=larger.mend)
        return
    yield _kernel(case, way, step, what, why, sizes, told)


def _times(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))


def _why(sizes: tuple[int, ...], told: dict[str, tuple[int, ...]], after: tuple[int, ...]) -> Words:
    """The formula with its numbers, for the dimension that vanishes."""
    index = next(i for i, size in enumerate(after) if size <= 0)
    return note(
        "({size} + 2·{padding} - {kernel}) / {stride} + 1, rounded down, is {after}: nothing is left",
        size=sizes[index], padding=told["padding"][index],
        kernel=told["dilation"][index] * (told["kernel_size"][index] - 1) + 1, stride=told["stride"][index],
        after=after[index],
    )  # fmt: skip


def _once_too_often(case: Case, what: Words, why: Words, repeat: Repeat) -> Finding:
    """The layer is built in a loop: fewer turns."""
    told = note(
        "{why}; {done} such layers fit, this is number {number}", why=why, done=repeat.done, number=repeat.done + 1
    )
    change = repeat.change
    fix: Words = change.text if change is not None else note("{count} of them at most", count=repeat.done)
    return case.finding("TW206", what, why=told, fix=fix, mend=change.mend if change is not None else repeat.spot)


def _larger_image(
    case: Case, way: Way, step: Step, first: tuple[int, ...], left: tuple[int, ...], kernel: tuple[int, ...]
) -> Change | None:
    """The size of the images, where the last convolution was built to leave one pixel of larger ones."""
    is_last = isinstance(step.module, _ConvNd) and step.module.out_channels == 1
    if not is_last or len({*first}) > 1 or len({*left}) > 1 or kernel[0] % left[0]:
        return None
    numbers = sizes_behind(case, arrival_of(case, way.origin(way.source(way.given))), first[0])
    named = [spot for spot in numbers if isinstance(spot.source.parents.get(spot.node), ast.Assign | ast.AnnAssign)]
    numbers = named or numbers
    if len(numbers) != 1:
        return None
    return worded(
        numbers[0], rewritten(numbers[0], numbers[0].node, str(first[0] * kernel[0] // left[0])), numbers[0].node
    )


def _short_data(case: Case, way: Way, size: int, wanted: int) -> tuple[Words, Mend | Spot] | None:
    """Where sequences were padded or cut too short: the number for it, or the line, if that is done batch by batch."""
    arrival = arrival_of(case, way.origin(way.source(way.given)))
    if arrival is None:
        return None
    fix = note("pad to at least {size}", size=wanted)
    if any(isinstance(step.module, nn.Embedding) for step in way.back(way.given)):
        numbers = sizes_behind(case, arrival, size)
        if len(numbers) == 1:
            change = worded(numbers[0], rewritten(numbers[0], numbers[0].node, str(wanted)), numbers[0].node)
            return change.text, change.mend
        return fix, arrival.spot
    scope = getattr(arrival.spot.source.scope_of(arrival.spot.node), "name", "")
    is_padded = any(word in spot.text for spot in arrival.way for word in ("pad_sequence", "F.pad", "functional.pad"))
    return (fix, arrival.spot) if is_padded or any(word in scope for word in ("collate", "pad", "batch")) else None


def _kernel(
    case: Case, way: Way, step: Step, what: Words, why: Words, sizes: tuple[int, ...], told: dict[str, tuple[int, ...]]
) -> Finding:
    """The layer's own numbers: a smaller kernel, or none of it."""
    largest = min(size + 2 * padding for size, padding in zip(sizes, told["padding"], strict=True))
    if step.module is None:
        spot = way.users_spot(step)
        return case.finding("TW206", what, why=why, fix=_smaller(step, largest), mend=spot)
    site = case.site_of(step.module)
    given = case.layers.argument(site, step.module, "kernel_size") if site is not None else None
    if largest < 2 and not isinstance(step.module, _ConvNd):
        return case.finding("TW206", what, why=why, fix=note("leave {name} out", name=way.name(step)), mend=site)
    change: Change | None = None
    if given is not None:
        born = case.flow.born(given)
        place = born if isinstance(born.node, ast.Constant) and born.line != given.line else given
        change = rewritten(place, place.node, str(largest))
    fix: Words = change.text if change is not None else f"kernel_size={largest}"
    mend: Mend | Spot | None = change.mend if change is not None else site
    return case.finding("TW206", what, why=why, fix=fix, mend=mend)


def _smaller(step: Step, largest: int) -> Words:
    return note("kernel_size={size} at most, or larger images", size=largest)


RULES = (nothing_left,)
