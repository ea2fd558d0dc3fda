"""Layers that get a tensor with too many or too few dimensions."""

import ast
from collections.abc import Iterator
from math import isqrt

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.nn.modules.pooling import (
    _AdaptiveAvgPoolNd,
    _AdaptiveMaxPoolNd,
    _AvgPoolNd,
    _LPPoolNd,
    _MaxPoolNd,
    _MaxUnpoolNd,
)

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.expressions import (
    first_argument,
    inserted_before,
    receiver_of,
    whole_call,
    with_suffix,
    without,
)
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.rules.layer_class import other_class
from torchwise.doctor.rules.single import batch_added, outer_call
from torchwise.doctor.shapes import Way, shape_of, way_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import either, note

SPATIAL = (
    _ConvNd, _MaxPoolNd, _AvgPoolNd, _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd, _LPPoolNd, _MaxUnpoolNd, _BatchNorm,
    _InstanceNorm,
)  # fmt: skip
ADDS = {"unsqueeze", "__getitem__", "expand", "stack"}


def wrong_dimensions(case: Case) -> Iterator[Finding]:
    """TW204: a layer takes (N, C, ...) with a fixed number of dimensions, and gets another."""
    layer, given = case.layer, case.layer_input
    if layer is None or not isinstance(given, Tensor):
        return
    wanted, shape = dimensions_of(layer), shape_of(given)
    if not wanted or len(shape) in wanted:
        return
    way = way_of(case)
    what = note(
        "{layer} gets {given} dimensions, {shape}; it takes {wanted}", layer=type(layer).__name__, given=len(shape),
        shape=shape_text(shape), wanted=either(wanted),
    )  # fmt: skip
    if len(shape) > wanted[-1]:
        yield from _too_many(case, way, layer, what, shape, wanted)
    else:
        yield from _too_few(case, way, layer, what, shape, wanted)


def dimensions_of(layer: nn.Module) -> tuple[int, ...]:
    """How many dimensions a layer takes; () if it takes any."""
    if isinstance(layer, nn.RNNBase):
        return (2, 3)
    if isinstance(layer, nn.RNNCellBase):
        return (1, 2)
    if not isinstance(layer, SPATIAL):
        return ()
    spatial = spatial_of(layer)
    if isinstance(layer, _BatchNorm):
        return (2, 3) if spatial == 1 else (spatial + 2,) if spatial else ()
    return (spatial + 1, spatial + 2) if spatial else ()


def spatial_of(layer: nn.Module) -> int:
    """1 for Conv1d, 2 for MaxPool2d; 0 if the name doesn't tell."""
    names = [cls.__name__ for cls in type(layer).__mro__]
    return next((int(name[-2]) for name in names if name[-1:] == "d" and name[-2:-1] in ("1", "2", "3")), 0)


def _too_many(
    case: Case, way: Way, layer: nn.Module, what: Words, shape: tuple[int, ...], wanted: tuple[int, ...]
) -> Iterator[Finding]:
    """A dimension too many: added on the way, of size 1, or the layer is of a kind for fewer."""
    why: Words = _takes(layer)
    added = _added(way, wanted)
    if added is not None:
        yield _left_out(case, way, what, why, added, len(shape) - wanted[-1])
        return
    arrival = arrival_of(case, way.origin(way.source(way.given))) if not _of_layer(way) else None
    extra = next((spot for spot in arrival.shaped if _adds(spot)), None) if arrival is not None else None
    if extra is not None and (change := without(extra)) is not None:
        yield case.finding("TW204", what, why=why, fix=change.text, mend=change.mend)
        return
    kind = other_class(case, layer, len(shape) - 2)
    if kind is not None and (_of_layer(way) or isinstance(layer, _BatchNorm)):
        yield case.finding("TW204", what, why=why, fix=kind.text, mend=kind.mend)
        return
    ones = [index for index in range(1, len(shape)) if shape[index] == 1]
    surplus = len(shape) - wanted[-1]
    if ones and surplus == 1:
        suffix, of_sample = f".squeeze({ones[-1]})", f".squeeze({ones[-1] - 1})"
    else:
        spot = first_argument(way.users_spot(way.failed)) if way.failed is not None else None
        if surplus == 1 and spot is not None:  # as many samples as there are pairs of the first two
            change = with_suffix(spot, spot.node, ".flatten(0, 1)")
            yield case.finding("TW204", what, why=why, fix=change.text, mend=change.mend)
            return
        suffix, of_sample = (".flatten(0, 1)", ".flatten(0, 1)") if surplus == 1 else (".flatten(2)", ".flatten(1)")
    yield _at_the_data(case, way, what, why, suffix, of_sample)


def _left_out(case: Case, way: Way, what: Words, why: Words, added: Step, surplus: int) -> Finding:
    """The expression that added a dimension, without it."""
    before, after = added.given or (), added.shape or ()
    told = note(
        "{code} turns {before} into {after}; {why}", code=way.name(added), before=shape_text(before),
        after=shape_text(after), why=why,
    )  # fmt: skip
    change = without(added.spot) if len(after) - len(before) <= surplus else None
    if change is None:
        fix: Words = note("{count} dimensions less", count=surplus) if surplus > 1 else note("one dimension less")
        return case.finding("TW204", what, why=told, fix=fix, mend=way.users_spot(added))
    return case.finding("TW204", what, why=told, fix=change.text, mend=change.mend)


def _adds(spot: Spot) -> bool:
    """Whether an expression puts a dimension of 1 in."""
    return call_name(spot.node) in ("unsqueeze", "expand_dims") or isinstance(spot.node, ast.Subscript)


def _added(way: Way, wanted: tuple[int, ...]) -> Step | None:
    """The step on the way that added a dimension to a tensor that would have fitted."""
    for step in way.back(way.given):
        given, made = step.given or (), step.shape or ()
        if step.name in ADDS and len(given) in wanted and len(given) < len(made):
            return step
        if step.module is not None and (step.shape or ()) != step.given:
            return None
    return None


def _of_layer(way: Way) -> bool:
    """Whether a layer of the model comes before."""
    return any(step.module is not None for step in way.back(way.given))


def _takes(layer: nn.Module) -> Words:
    """What a layer takes, in letters."""
    if isinstance(layer, nn.RNNBase):
        return note("{layer} takes (N, L, H) with batch_first=True, else (L, N, H), or one sequence (L, H)",
                    layer=type(layer).__name__)  # fmt: skip
    letters = {1: "L", 2: "H, W", 3: "D, H, W"}.get(spatial_of(layer), "...")
    if isinstance(layer, _BatchNorm):
        batch = either(["(N, C)", "(N, C, L)"] if spatial_of(layer) == 1 else [f"(N, C, {letters})"])
        return note("{layer} takes {order}", layer=type(layer).__name__, order=batch)
    return note(
        "{layer} takes (N, C, {letters}), or one sample (C, {letters})", layer=type(layer).__name__, letters=letters
    )


def _too_few(
    case: Case, way: Way, layer: nn.Module, what: Words, shape: tuple[int, ...], wanted: tuple[int, ...]
) -> Iterator[Finding]:
    """A dimension is missing: of the batch, of the channels, or the maps were flattened."""
    why: Words = _takes(layer)
    squeezed = next(
        (step for step in way.back(way.given) if step.name == "squeeze" and len(step.given or ()) in wanted), None
    )
    if squeezed is not None:
        yield _squeezed(case, way, what, why, squeezed)
        return
    spatial, built = spatial_of(layer), _channels(layer)
    kind = other_class(case, layer, len(shape) - 2) if len(shape) >= 2 else None
    source = shape_of(way.source(way.given))
    if isinstance(layer, _BatchNorm | _InstanceNorm) and len(source) == spatial + 1 and _of_layer(way):
        change = batch_added(case)
        fix: Words = change.text if change is not None else "x.unsqueeze(0)"
        told = note(
            "the model gets one sample, {shape}, without a batch dimension; {why}", shape=shape_text(source), why=why
        )
        yield case.finding(
            "TW204", what, why=told, fix=fix, mend=change.mend if change is not None else outer_call(case)
        )
    elif isinstance(layer, _BatchNorm | _InstanceNorm) and _of_layer(way):
        other = f"{type(layer).__name__[:-2]}{max(len(shape) - 2, 1)}d"
        fix = kind.text if kind is not None else f"nn.{other}({_channels(layer)})"
        yield case.finding("TW204", what, why=why, fix=fix, mend=kind.mend if kind is not None else case.site_of(layer))
    elif len(shape) == 2 and spatial >= 1 and (maps := _maps(shape[1], built, spatial)) and shape[0] != shape[1]:
        yield _unflattened(case, way, layer, what, why, maps)
    elif len(shape) == spatial and built in (0, 1, 3):
        sample = first_argument(outer_call(case)) if _is_sample(way) else None
        if sample is not None:
            change = with_suffix(sample, sample.node, "[None, None]")
            yield case.finding("TW204", what, why=why, fix=change.text, mend=change.mend)
        else:
            yield _at_the_data(case, way, what, why, ".unsqueeze(1)", "[None]")
    elif isinstance(layer, nn.RNNBase) and len(shape) == 1:
        yield _at_the_data(case, way, what, why, ".unsqueeze(-1)", ".unsqueeze(-1)")
    elif kind is not None and _of_layer(way):
        yield case.finding("TW204", what, why=why, fix=kind.text, mend=kind.mend)
    else:
        yield _at_the_data(case, way, what, why, ".unsqueeze(1)", ".unsqueeze(0)")


def _is_sample(way: Way) -> bool:
    """Whether what came from outside is one sample: nothing says that its first dimension is a batch."""
    shape = shape_of(way.given)
    return len(shape) < 2 or shape[-1] == shape[-2]


def _channels(layer: nn.Module) -> int:
    """The channels a layer was built for; 0 if it takes any."""
    return int(getattr(layer, "in_channels", 0) or getattr(layer, "num_features", 0) or 0)


def _maps(features: int, channels: int, spatial: int) -> tuple[int, ...]:
    """The channels and the sides of the maps that features may have been flattened from; () if they can't."""
    if not channels or features % channels or features <= channels:
        return ()
    area = features // channels
    side = isqrt(area) if spatial == 2 else area
    return (channels, *(side,) * spatial) if spatial < 3 and side ** min(spatial, 2) == area else ()


def _unflattened(case: Case, way: Way, layer: nn.Module, what: Words, why: Words, maps: tuple[int, ...]) -> Finding:
    """Flat features go into a layer for maps."""
    sizes = ", ".join(map(str, maps))
    given = way.given if way.given is not None else case.layer_input
    told = note(
        "{features} features are {channels} maps of {shape}; {why}", features=shape_of(given)[-1], channels=maps[0],
        shape=" x ".join(map(str, maps[1:])), why=why,
    )  # fmt: skip
    if not _of_layer(way):
        return _at_the_data(case, way, what, told, f".view(-1, {sizes})", f".view({sizes})")
    change = inserted_before(case, layer, f"nn.Unflatten(1, ({sizes}))")
    if change is None:
        spot = first_argument(way.users_spot(way.failed)) if way.failed is not None else None
        change = with_suffix(spot, spot.node, f".view(-1, {sizes})") if spot is not None else None
    fix: Words = change.text if change is not None else f"x.view(-1, {sizes})"
    return case.finding(
        "TW204", what, why=told, fix=fix, mend=change.mend if change is not None else case.site_of(layer)
    )


def _squeezed(case: Case, way: Way, what: Words, why: Words, step: Step) -> Finding:
    """A squeeze took more than it was meant to."""
    told = note("{code} turns {before} into {after}; {why}", code=way.name(step), before=shape_text(step.given or ()),
                after=shape_text(step.shape or ()), why=why)  # fmt: skip
    base = receiver_of(step.spot)
    change = whole_call(step.spot, step.spot.source.text(base)) if base is not None else None
    fix: Words = change.text if change is not None else note("leave {code} out", code=way.name(step))
    return case.finding(
        "TW204", what, why=told, fix=fix, mend=change.mend if change is not None else way.users_spot(step)
    )


def channel_missing(case: Case, built: int, shape: tuple[int, ...], spatial: int) -> Iterator[Finding]:
    """TW204: a batch without a channel dimension looks like one sample, and its samples like channels."""
    way = way_of(case)
    if len(shape) != spatial + 1 or shape[-1] == built or (built != 1 and not (built == 3 and shape[0] > 4)):
        return
    what = note(
        "{shape} has no channel dimension: the {size} samples are taken for channels, the layer was built for {built}",
        shape=shape_text(shape), size=shape[0], built=built,
    )  # fmt: skip
    letters = {1: "L", 2: "H, W", 3: "D, H, W"}[spatial]
    why = note(
        "the layer takes (N, C, {letters}); {letters} alone with one dimension before it is one sample", letters=letters
    )
    yield _at_the_data(case, way, what, why, ".unsqueeze(1)", ".unsqueeze(0)")


def _at_the_data(case: Case, way: Way, what: Words, why: Words, of_batch: str, of_sample: str) -> Finding:
    """The change where the data were made; in the call that raised where they come out of a layer."""
    change: Change | None = None
    if not _of_layer(way):
        arrival = arrival_of(case, way.origin(way.source(way.given)))
        change = arrival.ended().changed(of_batch, of_sample) if arrival is not None else None
    if change is None:
        spot = first_argument(way.users_spot(way.failed)) if way.failed is not None else None
        change = with_suffix(spot, spot.node, of_batch) if spot is not None else None
    fix: Words = change.text if change is not None else f"x{of_batch}"
    return case.finding("TW204", what, why=why, fix=fix, mend=change.mend if change is not None else None)


RULES = (wrong_dimensions,)
