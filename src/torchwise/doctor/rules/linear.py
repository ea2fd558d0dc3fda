"""Linear layers that get other features than they were built for."""

from collections.abc import Iterator
from math import isqrt, prod

import torch
from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.dimensions import Decided, decided
from torchwise.doctor.layerwise.fitting import Misfit, misfits
from torchwise.doctor.layerwise.numbers import Number, number_of
from torchwise.doctor.layerwise.places import ground_of, place_of
from torchwise.doctor.layerwise.products import product_in_place, size_supposed
from torchwise.doctor.layerwise.rewriting import changed, names_beside, worded
from torchwise.doctor.layerwise.rivals import maker_of
from torchwise.doctor.layerwise.size_formulas import formula_mended
from torchwise.doctor.layerwise.stories import story
from torchwise.doctor.rules.columns import label_left_in
from torchwise.doctor.rules.flattening import flattening
from torchwise.doctor.rules.mistaken import other_operand
from torchwise.doctor.rules.transposed import reduced, transposed
from torchwise.doctor.shapes import Way, way_of
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding, Words
from torchwise.texts import note


def linear_gets_other_features(case: Case) -> Iterator[Finding]:
    """TW201 (TW204, TW207): the last dimension of the input is not in_features."""
    layer, given = case.layer, case.layer_input
    if not isinstance(layer, nn.Linear) or not isinstance(given, torch.Tensor) or given.dim() == 0:
        return
    if given.shape[-1] == layer.in_features:
        return
    way = way_of(case)
    for special in (flattening, transposed, reduced, other_operand, label_left_in):
        found = list(special(case, way, layer.in_features))
        if found:
            yield from found
            return
    what = what_of(given.shape[-1], layer.in_features)
    sizes = decided(way, way.given, -1) if way.given is not None else None
    if sizes is not None and sizes.kind == "flatten":
        yield from _of_flattened(case, way, layer, sizes, what)
        return
    yield from misfits(case, Misfit(
        code="TW201", layer=layer, name="in_features", built=layer.in_features, given=given.shape[-1], dim=-1,
        what=what, why=note("the last dimension must be in_features"),
    ))  # fmt: skip


def what_of(given: int, built: int) -> Words:
    """What happened, in one line."""
    return note("the linear layer gets {given} features, it was built for {built}", given=given, built=built)


def _of_flattened(case: Case, way: Way, layer: nn.Linear, found: Decided, what: Words) -> Iterator[Finding]:
    """The layer after a flatten: its number, or the channels of the layer before."""
    number, why = number_of(case, layer, "in_features"), story(way, found, layer.in_features) or ""
    before = channels_of(way, found)
    rival = before.module if before is not None and before.kind == "layer" else None
    change = None
    if number is not None:
        ground = ground_of(case, number, rival, way.steps, maker_of(found))
        place = place_of(case, number, ground)
        formula = formula_mended(case, number.given, number.value, found.size)
        change = _sized(case, way, number, place, found) if place is not None and formula is None else None
        change = change or changed(case, number, found.size, ground)
    fix: Words = change.text if change else f"nn.Linear({found.size}, {layer.out_features})"
    yield case.finding("TW201", what, why=why, fix=fix, mend=change.mend if change else case.site_of(layer))
    if (other := _wider(case, way, before, found, layer)) is not None:
        yield case.finding("TW201", what, why=why, fix=other.text, mend=other.mend, sure=False)


def _sized(case: Case, way: Way, number: Number, place: Spot, found: Decided) -> Change | None:
    """A formula or a product with the right number in it: the size of the image, or a factor."""
    if place.path:
        return None
    source = way.source(way.given)
    side = source.shape[-1] if source is not None and source.dim() > 2 else 0
    supposed = size_supposed(case, place, side, found.size) if side else None
    if supposed is not None:
        return worded(supposed, rewritten(supposed, supposed.node, str(side)), supposed.node)
    if number.value % found.size == 0 and found.size in names_beside(case, number):
        return None
    product = product_in_place(case, place, found.parts)
    return rewritten(place, place.node, product) if product else None


def channels_of(way: Way, found: Decided) -> Decided | None:
    """Where the channels of the maps that were flattened were decided."""
    assert found.step is not None, "a flatten is a step"
    maps = found.step.inputs[0]
    return decided(way, maps, maps.dim() - len(found.parts)) if len(found.parts) > 1 else None


def _wider(case: Case, way: Way, before: Decided | None, found: Decided, layer: nn.Linear) -> Change | None:
    """The layer before with as many channels as the linear layer was built for."""
    area = prod(found.parts[1:])
    if before is None or before.kind != "layer" or before.module is None or layer.in_features % area:
        return None
    rest = layer.in_features // found.parts[0] if layer.in_features % found.parts[0] == 0 else 0
    if len(found.parts) == 3 and isqrt(rest) ** 2 == rest > 0:  # the maps have another size, not the channels
        return None
    giver = number_of(case, before.module, before.name)
    if giver is None or before.factor != 1:
        return None
    return changed(case, giver, layer.in_features // area, ground_of(case, giver, layer, way.steps))


RULES = (linear_gets_other_features,)
