"""Groups that don't divide the channels: grouped convolutions, GroupNorm, PixelShuffle."""

import ast
from collections.abc import Iterator
from math import gcd

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.dimensions import decided
from torchwise.doctor.layerwise.numbers import number_of
from torchwise.doctor.layerwise.places import ground_of
from torchwise.doctor.layerwise.rewriting import changed
from torchwise.doctor.layerwise.stories import story
from torchwise.doctor.shapes import way_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note


def groups_do_not_divide(case: Case) -> Iterator[Finding]:
    """TW224: a layer is built with groups that don't divide its channels."""
    frame = next((f for f in case.inner if f.function == "__init__" and _groups(f) is not None), None)
    found = _groups(frame) if frame is not None else None
    if frame is None or found is None or case.frame is None or not isinstance(case.frame.node, ast.Call):
        return
    groups, channels = found
    odd = [size for size in channels if size % groups]
    if not odd:
        return
    name = type(frame.locals["self"]).__name__
    what = note(
        "{groups} groups don't divide the {channels} channels of {layer}", groups=groups, channels=odd[0], layer=name
    )
    why = note(
        "{channels} / {groups} is {quotient}, and each group takes as many channels as the others", channels=odd[0],
        groups=groups, quotient=f"{odd[0] / groups:g}",
    )  # fmt: skip
    change = _mended(case, frame, groups, channels)
    fix: Words = change.text if change is not None else f"groups={best_groups(groups, channels)}"
    yield case.finding("TW224", what, why=why, fix=fix, mend=change.mend if change is not None else None)


def _groups(frame: Frame) -> tuple[int, tuple[int, ...]] | None:
    """The groups and the channels that a layer under construction was given."""
    module, values = frame.locals.get("self"), frame.locals
    if isinstance(module, _ConvNd):
        found = [values.get("groups"), values.get("in_channels"), values.get("out_channels")]
    elif isinstance(module, nn.GroupNorm):
        found = [values.get("num_groups"), values.get("num_channels")]
    else:
        return None
    numbers = [value for value in found if isinstance(value, int)]
    return (numbers[0], tuple(numbers[1:])) if len(numbers) == len(found) and numbers[0] > 0 else None


def best_groups(groups: int, channels: tuple[int, ...]) -> int:
    """The most groups, up to those wanted, that divide all channels."""
    common = gcd(*channels)
    return next(count for count in range(min(groups, common), 0, -1) if common % count == 0)


def _mended(case: Case, frame: Frame, groups: int, channels: tuple[int, ...]) -> Change | None:
    """The number that is odd: the groups, or the output channels of a depthwise convolution."""
    call = case.spot(case.frame.node) if case.frame is not None and case.frame.node is not None else None
    assert call is not None and isinstance(call.node, ast.Call), "asked before"
    names = ("num_groups", "num_channels") if len(channels) == 1 else ("groups", "in_channels", "out_channels")
    places = {name: _argument(call, name, frame) for name in names}
    given = places[names[0]]
    if given is None:
        return None
    if len(channels) == 1 and groups > channels[0] and groups % channels[0] == 0 and places["num_channels"] is not None:
        text = call.source.text(call.node)
        one, other = call.source.text(given.node), call.source.text(places["num_channels"].node)
        return (
            rewritten(call, call.node, text.replace(f"{one}, {other}", f"{other}, {one}"))
            if f"{one}, {other}" in text
            else None
        )
    if len(channels) == 2:
        taken, made = places["in_channels"], places["out_channels"]
        if groups == channels[0] and made is not None and taken is not None:
            return rewritten(made, made.node, call.source.text(taken.node))
        if channels[0] == channels[1] and taken is not None and not isinstance(given.node, ast.Constant):
            return rewritten(given, given.node, call.source.text(taken.node))
    born = case.flow.born(given)
    place = born if isinstance(born.node, ast.Constant) and born.node.value == groups else given
    return rewritten(place, place.node, str(best_groups(groups, channels)))


def _argument(call: Spot, name: str, frame: Frame) -> Spot | None:
    """The expression that a parameter of the layer's class was given."""
    assert isinstance(call.node, ast.Call), "a layer is built by a call"
    given = keyword_of(call.node, name)
    code = frame.code
    parameters = list(code.co_varnames[1 : code.co_argcount])
    if given is None and name in parameters and parameters.index(name) < len(call.node.args):
        given = call.node.args[parameters.index(name)]
    return call.at(given, ()) if given is not None and not isinstance(given, ast.Starred) else None


def shuffle_does_not_divide(case: Case) -> Iterator[Finding]:
    """TW224: PixelShuffle(r) wants a multiple of r * r channels."""
    layer, given = case.layer, case.layer_input
    if not isinstance(layer, nn.PixelShuffle) or not isinstance(given, Tensor) or given.dim() < 3:
        return
    factor, channels = layer.upscale_factor, given.shape[-3]
    square = factor * factor
    if channels % square == 0:
        return
    what = note("PixelShuffle({factor}) gets {channels} channels, which {square} does not divide", factor=factor,
                channels=channels, square=square)  # fmt: skip
    wanted = channels * factor if channels % factor == 0 else -(-channels // square) * square
    why: Words = note(
        "it makes {factor} x {factor} pixels of {square} channels: {wanted} channels would do", factor=factor,
        square=square, wanted=wanted,
    )  # fmt: skip
    way = way_of(case)
    change = None
    if way.given is not None:
        found = decided(way, way.given, way.given.dim() - 3)
        told = story(way, found, wanted)
        why = note("{told}; {why}", told=told, why=why) if told is not None else why
        number = number_of(case, found.module, found.name) if found.kind == "layer" else None
        change = (
            changed(case, number, wanted, ground_of(case, number, layer, way.steps)) if number is not None else None
        )
    fix: Words = change.text if change is not None else f"out_channels={wanted}"
    yield case.finding("TW224", what, why=why, fix=fix, mend=change.mend if change is not None else case.site_of(layer))


RULES = (groups_do_not_divide, shuffle_does_not_divide)
