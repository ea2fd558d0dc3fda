"""Normalisation layers that get other features than they were built for."""

import ast
from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.expressions import first_argument, holder, whole_call
from torchwise.doctor.layerwise.fitting import Misfit, misfits
from torchwise.doctor.rules.channels_last import channels_elsewhere
from torchwise.doctor.rules.dimensions import dimensions_of, spatial_of
from torchwise.doctor.rules.transposed import lies_in, reduced
from torchwise.doctor.shapes import Way, shape_of, way_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note


def norm_gets_other_features(case: Case) -> Iterator[Finding]:
    """TW205 (TW208): the channels, or the last dimensions, are not what the layer was built for."""
    layer, given = case.layer, case.layer_input
    if not isinstance(given, Tensor):
        return
    if isinstance(layer, nn.LayerNorm):
        yield from _layer_norm(case, layer, shape_of(given))
    elif isinstance(layer, nn.GroupNorm) and given.dim() > 1 and given.shape[1] != layer.num_channels:
        yield from _channels(case, layer, "num_channels", layer.num_channels, shape_of(given), 1)
    elif isinstance(layer, _NormBase) and given.dim() in dimensions_of(layer):
        is_single = not isinstance(layer, _BatchNorm) and given.dim() == spatial_of(layer) + 1
        dim = 0 if is_single else 1
        if given.shape[dim] != layer.num_features:
            yield from _channels(case, layer, "num_features", layer.num_features, shape_of(given), dim)


def _channels(
    case: Case, layer: nn.Module, name: str, built: int, shape: tuple[int, ...], dim: int
) -> Iterator[Finding]:
    """Layers that count the channels."""
    size = shape[dim]
    what = note(
        "{layer} gets {given} features, it was built for {built}", layer=type(layer).__name__, given=size, built=built
    )
    why: Words = note("it counts dimension {dim} of {shape}", dim=dim, shape=shape_text(shape))
    way = way_of(case)
    if len(shape) == 3 and shape[-1] == built and (way.given is None or lies_in(way, way.given, -1, 1)):
        yield _between_transposes(
            case, what, note("{why}; the {built} features are in the last one", why=why, built=built)
        )
        return
    if len(shape) >= 4:
        found = list(channels_elsewhere(case, "TW208", built, shape, len(shape) - 2))
        if found:
            yield from found
            return
    yield from misfits(case, Misfit(
        code="TW205", layer=layer, name=name, built=built, given=size, dim=dim - len(shape), what=what, why=why,
    ))  # fmt: skip


def _between_transposes(case: Case, what: Words, why: Words) -> Finding:
    """Sequences (N, L, C): the norm wants (N, C, L)."""
    way = way_of(case)
    spot = way.users_spot(way.failed) if way.failed is not None else None
    argument = first_argument(spot)
    change: Change | None = None
    if spot is not None and argument is not None and not (case.layer is not None and holder(case, case.layer)):
        call, text = spot.source.text(spot.node), argument.text
        inner = call.replace(f"({text})", f"({text}.transpose(1, 2))")
        change = whole_call(spot, f"{inner}.transpose(1, 2)")
    fix: Words = change.text if change is not None else "x.transpose(1, 2)"
    mend = change.mend if change is not None else (case.site_of(case.layer) if case.layer is not None else None)
    return case.finding("TW205", what, why=why, fix=fix, mend=mend)


def _layer_norm(case: Case, layer: nn.LayerNorm, shape: tuple[int, ...]) -> Iterator[Finding]:
    """LayerNorm wants exactly its normalized_shape at the end."""
    built = tuple(layer.normalized_shape)
    if shape[-len(built) :] == built:
        return
    ends = shape[-len(built) :]
    built_text: object = built[0] if len(built) == 1 else shape_text(built)
    given_text: object = ends[-1] if len(built) == 1 else shape_text(ends)
    what = note("LayerNorm gets {given} features, it was built for {built}", given=given_text, built=built_text)
    why: Words = note("it wants {built} as the last dimensions of {shape}", built=built_text, shape=shape_text(shape))
    way = way_of(case)
    if len(built) > 1:
        yield _several(case, layer, what, why, ends)
    elif len(shape) >= 3 and shape[1] == built[0] and (way.given is None or lies_in(way, way.given, 1, -1)):
        yield from _channels_first(case, way, layer, what, why, shape)
    elif found := list(reduced(case, way, built[0], "TW205", what)):
        yield from found
    else:
        yield from misfits(case, Misfit(
            code="TW205", layer=layer, name="normalized_shape", built=built[0], given=shape[-1], dim=-1,
            what=what, why=why,
        ))  # fmt: skip


def _several(case: Case, layer: nn.LayerNorm, what: Words, why: Words, ends: tuple[int, ...]) -> Finding:
    """Several dimensions are normalised: they are written anew where they stand."""
    site = case.site_of(layer)
    given = case.layers.argument(site, layer, "normalized_shape") if site is not None else None
    change = rewritten(given, given.node, str(list(ends))) if given is not None else None
    fix = change.text if change is not None else f"nn.LayerNorm({list(ends)})"
    return case.finding("TW205", what, why=why, fix=fix, mend=change.mend if change is not None else site)


def _channels_first(
    case: Case, way: Way, layer: nn.LayerNorm, what: Words, why: Words, shape: tuple[int, ...]
) -> Iterator[Finding]:
    """The features are the channels: a LayerNorm looks at the last dimension only."""
    built = layer.normalized_shape[0]
    told = note("{why}; the {built} features are in dimension 1", why=why, built=built)
    if len(shape) == 3:
        yield _between_transposes(case, what, told)
        return
    later = _turned_later(way)
    if later is not None:
        fix = note("{code} before the norm", code=later.text)
        yield case.finding("TW205", what, why=told, fix=fix, mend=way.users_spot(way.failed) if way.failed else None)
        return
    site = case.site_of(layer)
    given = case.layers.argument(site, layer, "normalized_shape") if site is not None else None
    if site is None or given is None:
        yield case.finding("TW205", what, why=told, fix=f"nn.GroupNorm(1, {built})", mend=site)
        return
    prefix = site.source.text(site.node.func).removesuffix("LayerNorm")  # type: ignore[attr-defined]
    change = whole_call(site, f"{prefix}GroupNorm(1, {given.text})")
    yield case.finding("TW205", what, why=told, fix=change.text, mend=change.mend)


def _turned_later(way: Way) -> Spot | None:
    """A permutation that brings the channels to the end, but only behind the norm, in the same function."""
    spot = way.users_spot(way.failed) if way.failed is not None else None
    if spot is None:
        return None
    scope = spot.source.scope_of(spot.node)
    for node in ast.walk(scope):
        if (
            isinstance(node, ast.Call)
            and call_name(node) in ("permute", "moveaxis", "movedim")
            and node.lineno > spot.line
        ):
            return spot.at(node, ())
    return None


RULES = (norm_gets_other_features,)
