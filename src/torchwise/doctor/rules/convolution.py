"""Convolutions that get other channels than they were built for."""

import ast
from collections.abc import Iterator

from torch import Tensor
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from torchwise.doctor.case import Case
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.dimensions import JOINS
from torchwise.doctor.layerwise.expressions import with_suffix
from torchwise.doctor.layerwise.fitting import Misfit, misfits
from torchwise.doctor.rules.channels_last import channels_elsewhere
from torchwise.doctor.rules.dimensions import channel_missing
from torchwise.doctor.shapes import shape_of, way_of
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note


def convolution_gets_other_channels(case: Case) -> Iterator[Finding]:
    """TW203, TW223 (TW204, TW208): dimension 1 is not in_channels."""
    layer, given = case.layer, case.layer_input
    if not isinstance(layer, _ConvNd) or not isinstance(given, Tensor):
        return
    spatial, shape = len(layer.kernel_size), shape_of(given)
    if len(shape) not in (spatial + 1, spatial + 2) or shape[-spatial - 1] == layer.in_channels:
        return
    code = "TW223" if isinstance(layer, _ConvTransposeNd) else "TW203"
    specials = (
        channel_missing(case, layer.in_channels, shape, spatial),
        channels_elsewhere(case, "TW208" if spatial > 1 else code, layer.in_channels, shape, spatial),
        _transparency(case, layer.in_channels, shape, spatial),
    )
    for special in specials:
        found = list(special)
        if found:
            yield from found
            return
    size = shape[-spatial - 1]
    what = note("the convolution gets {given} channels, it was built for {built}", given=size, built=layer.in_channels)
    why: Words = note("dimension {dim} must be in_channels", dim=len(shape) - spatial - 1)
    yield from misfits(case, Misfit(
        code=code, layer=layer, name="in_channels", built=layer.in_channels, given=size, dim=-spatial - 1,
        what=what, why=why,
    ))  # fmt: skip


def _transparency(case: Case, built: int, shape: tuple[int, ...], spatial: int) -> Iterator[Finding]:
    """TW203: four channels where three are wanted, straight from the data: the fourth is transparency."""
    way = way_of(case)
    if spatial != 2 or built != 3 or shape[-3] != 4 or way.maker(way.given) is not None:
        return
    arrival = arrival_of(case, way.origin(way.given))
    if arrival is None or any(call_name(spot.node) in JOINS for spot in arrival.way):
        return
    what = note("the convolution gets {given} channels, it was built for {built}", given=4, built=3)
    why = note("images of four channels have transparency as the fourth")
    for node in ast.walk(arrival.spot.node):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Call):
            continue
        born = case.flow.born(arrival.spot.at(node, ()))
        if call_name(born.node) in ("open", "fromarray") and "Image" in born.text:
            change = with_suffix(born, born.node, '.convert("RGB")')
            yield case.finding("TW203", what, why=why, fix=change.text, mend=change.mend)
            return
    change = arrival.changed("[:, :3]", "[:3]")
    yield case.finding("TW203", what, why=why, fix=change.text, mend=change.mend)


RULES = (convolution_gets_other_channels,)
