"""Flatten forgotten between maps and a linear layer, or joining the wrong dimensions."""

import ast
from collections.abc import Iterator
from math import prod

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.dimensions import RESHAPES
from torchwise.doctor.layerwise.expressions import (
    first_argument,
    holder,
    inserted_before,
    receiver_of,
    whole_call,
    with_suffix,
)
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.rules.single import single_sample
from torchwise.doctor.shapes import Way, shape_of
from torchwise.doctor.values import product_text, shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note


def flattening(case: Case, way: Way, built: int) -> Iterator[Finding]:
    """TW207, TW204: what went into a linear layer was flattened too much, too little, or not at all."""
    given = way.given if way.given is not None else case.layer_input
    if not isinstance(given, Tensor):
        return
    step = reshape_before(way, given)
    if step is not None:
        yield from _wrong_flatten(case, way, step, given, built)
        return
    shape = shape_of(given)
    per_sample = prod(shape[1:])
    if len(shape) > 2 and per_sample == built:
        kept = _kept_by_reduction(case, way, given, built)
        missing = _missing(case, way, shape, built)
        yield from [kept, missing.guessed()] if kept is not None else [missing]
    elif len(shape) == 4 and shape[1] == built and shape[3] != built:
        yield from _pooling_missing(case, way, shape, built)
    elif way.maker(given) is None:
        if len(shape) == 2 and prod(shape) == built:
            yield _missing(case, way, shape, built)
    elif len(shape) == 4 and _is_of_maps(way, given):
        yield _missing(case, way, shape, built)


def reshape_before(way: Way, given: Tensor) -> Step | None:
    """The flatten or view that gave a tensor its shape."""
    for step in way.back(given):
        if step.name in RESHAPES and step.inputs:
            return step
        if step.shape != shape_of(given) or not step.inputs or shape_of(step.inputs[0]) != step.shape:
            return None
    return None


def _is_of_maps(way: Way, given: Tensor) -> bool:
    """Whether a convolution or a pooling is on the way."""
    names = ("Conv", "Pool", "conv", "pool")
    return any(any(name in step.name for name in names) for step in way.back(given))


def _wrong_flatten(case: Case, way: Way, step: Step, given: Tensor, built: int) -> Iterator[Finding]:
    """The reshape joined other dimensions than those of one sample."""
    maps, shape = shape_of(step.inputs[0]), shape_of(given)
    per_sample = prod(maps[1:])
    if len(maps) > 2 and prod(maps) == built != per_sample and shape[:1] == maps[:1]:
        yield from single_sample(case, way, maps, built)
        return
    if len(maps) < 2 or shape == (maps[0], per_sample):
        return
    joins_batch = prod(shape[:-1]) == 1 < maps[0]
    if per_sample != built and not joins_batch:
        return
    code = way.name(step)
    change = flatten_change(case, way, step)
    what = note("{code} makes {shape} of {maps}, so the linear layer gets {given} features; it was built for {built}",
                code=code, shape=shape_text(shape), maps=shape_text(maps), given=shape[-1], built=built)  # fmt: skip
    why: Words = note(
        "flatten(1) keeps the first dimension, the {batch} samples: {product} = {size} values for each",
        batch=maps[0], product=product_text(maps[1:]), size=per_sample,
    )  # fmt: skip
    mend = change.mend if change is not None else way.users_spot(step)
    yield case.finding("TW207", what, why=why, fix=change.text if change else "x.flatten(1)", mend=mend)


def flatten_change(case: Case, way: Way, step: Step) -> Change | None:
    """A reshape written as a flatten that keeps the batch."""
    if isinstance(step.module, nn.Module):
        site = case.site_of(step.module)
        name = ast.unparse(site.node.func) if site is not None and isinstance(site.node, ast.Call) else "nn.Flatten"
        return whole_call(site, f"{name if name.endswith('Flatten') else 'nn.Flatten'}()") if site is not None else None
    spot = way.users_spot(step)
    base = receiver_of(spot) if spot is not None else None
    if spot is None or base is None or spot is not step.spot:
        return None
    if (
        isinstance(spot.node, ast.Call)
        and isinstance(spot.node.func, ast.Attribute)
        and base is not spot.node.func.value
    ):
        return whole_call(spot, f"{ast.unparse(spot.node.func.value)}.flatten({spot.source.text(base)}, 1)")
    text = spot.source.text(base)
    return whole_call(spot, f"{text}.flatten(1)")


def _kept_by_reduction(case: Case, way: Way, given: Tensor, built: int) -> Finding | None:
    """A max or mean of the user's with keepdim=True, which left a dimension of 1 behind the features."""
    step = next((step for step in way.back(given) if step.named.get("keepdim") is True), None)
    node = step.spot.node if step is not None else None
    if step is None or not isinstance(node, ast.Call) or way.users_spot(step) is not step.spot or step.shape is None:
        return None
    if step.shape != shape_of(given):
        return None
    kept = [
        step.spot.source.text(item) for item in [*node.args, *node.keywords] if getattr(item, "arg", "") != "keepdim"
    ]
    change = whole_call(step.spot, f"{step.spot.source.text(node.func)}({', '.join(kept)})")
    what = note(
        "the linear layer gets {shape}: the last dimension is {given}, it was built for {built}",
        shape=shape_text(step.shape), given=step.shape[-1], built=built,
    )  # fmt: skip
    why = note("keepdim=True in {code} keeps the dimension that was reduced, as one of size 1", code=way.name(step))
    return case.finding("TW207", what, why=why, fix=change.text, mend=change.mend)


def _missing(case: Case, way: Way, shape: tuple[int, ...], built: int) -> Finding:
    """No flatten at all."""
    per_sample = prod(shape[1:]) if len(shape) > 2 else prod(shape)
    suffix = ".flatten(1)" if len(shape) > 2 else ".flatten()"
    what = note(
        "the linear layer gets {shape} unflattened: the last dimension is {given}, it was built for {built}",
        shape=shape_text(shape), given=shape[-1], built=built,
    )  # fmt: skip
    why: Words = note(
        "a linear layer works on the last dimension; {product} = {size} values a sample belong in one row",
        product=product_text(shape[1:] if len(shape) > 2 else shape), size=per_sample,
    )  # fmt: skip
    change = _put_in(case, way, "nn.Flatten()", suffix)
    fix: Words = change.text if change is not None else note("nn.Flatten() before the linear layer")
    if per_sample != built:
        fix = note("{code}, and in_features={size}", code=fix, size=per_sample)
    mend = change.mend if change is not None else _site(case)
    return case.finding("TW207", what, why=why, fix=fix, mend=mend)


def _site(case: Case):  # type: ignore[no-untyped-def]
    return case.site_of(case.layer) if case.layer is not None else None


def _put_in(case: Case, way: Way, layer: str, suffix: str) -> Change | None:
    """A layer in front of the failing one in its Sequential, or a method behind its argument in `forward`."""
    if case.layer is None:
        return None
    if holder(case, case.layer) is not None:
        return inserted_before(case, case.layer, layer)
    spot = way.users_spot(way.failed) if way.failed is not None else None
    argument = first_argument(spot)
    return with_suffix(argument, argument.node, suffix) if argument is not None else None


def _pooling_missing(case: Case, way: Way, shape: tuple[int, ...], built: int) -> Iterator[Finding]:
    """The layer was built for the channels alone: each map is to become one value."""
    what = note("the linear layer gets {shape}; it was built for the {built} channels alone",
                shape=shape_text(shape), built=built)  # fmt: skip
    why: Words = note(
        "its features are the last dimension, {given}: the maps of {height} x {width} must become one value each",
        given=shape[-1], height=shape[2], width=shape[3],
    )  # fmt: skip
    change = _put_in(case, way, "nn.AdaptiveAvgPool2d(1), nn.Flatten()", ".mean(dim=(2, 3))")
    mend = change.mend if change is not None else _site(case)
    yield case.finding("TW201", what, why=why, fix=change.text if change else "x.mean(dim=(2, 3))", mend=mend)
