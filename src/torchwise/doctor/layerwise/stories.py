"""How a size came about, in words: which layer gave it, what was flattened or joined, how the data are shaped."""

from math import isqrt, prod

from torchwise.doctor.layerwise.dimensions import Decided
from torchwise.doctor.shapes import Way, shape_of
from torchwise.doctor.values import product_text, shape_text
from torchwise.finding import Words
from torchwise.texts import note


def story(way: Way, found: Decided, built: int) -> Words | None:
    """How the size came about that a layer, built for another one, got; None if that is not known."""
    step = found.step
    if found.kind == "outside":
        spot = way.origin(found.tensor)
        shape = shape_text(shape_of(found.tensor))
        if spot is None:
            return None
        code = " ".join(spot.text.split())
        return note(
            "{code} is {shape}: dimension {dim} is {size}", code=code, shape=shape, dim=found.dim, size=found.size
        )
    if step is None:
        return None
    if found.kind == "flatten":
        return _of_flatten(way, found, built)
    if found.kind == "cat":
        sizes = [tensor.shape[found.dim] for tensor in step.inputs if tensor.dim() > found.dim]
        sums = " + ".join(map(str, sizes))
        return note("{code} joins {sums} = {size}", code=way.name(step), sums=sums, size=found.size)
    if found.kind == "layer":
        return _of_layer(way, found)
    return note("{code} gives {shape}", code=way.name(step), shape=shape_text(shape_of(found.tensor)))


def _of_layer(way: Way, found: Decided) -> Words:
    """A layer gave the size."""
    assert found.step is not None, "a layer is a step"
    name = way.name(found.step)
    if found.factor > 1:
        return note(
            "{name} gives {factor} · {part} = {size}, both directions side by side", name=name, factor=found.factor,
            part=found.size // found.factor, size=found.size,
        )  # fmt: skip
    given, made = found.step.given, found.step.shape
    if given is None or made is None:
        return note("{name} gives {size}", name=name, size=found.size)
    if found.parted > 1:
        return note(
            "{name} turns {given} into {made}, which is cut into {parts} parts of {size}", name=name,
            given=shape_text(given), made=shape_text(made), parts=found.parted, size=found.size,
        )  # fmt: skip
    return note("{name} turns {given} into {made}", name=name, given=shape_text(given), made=shape_text(made))


def _of_flatten(way: Way, found: Decided, built: int) -> Words:
    """Maps were flattened: the factors, and what the number would have been right for."""
    assert found.step is not None, "a flatten is a step"
    maps = found.step.inputs[0]
    made: Words = note("{parts} = {size} values a sample", parts=product_text(found.parts), size=found.size)
    whole = way.whole(maps)
    if whole is not None and whole.given is not None:
        made = note(
            "{name} turns {given} into {shape}: {made}", name=way.name(whole), given=shape_text(whole.given),
            shape=shape_text(shape_of(maps)), made=made,
        )  # fmt: skip
    guess = built_for(built, found.parts)
    return note("{made}; {guess}", made=made, guess=guess) if guess is not None else made


def built_for(built: int, parts: tuple[int, ...]) -> Words | None:
    """What the number that a layer was built for would have been right for."""
    area = prod(parts[1:])
    if len(parts) < 2 or not area or not parts[0]:
        return None
    rest = built // parts[0] if built % parts[0] == 0 else 0
    side = isqrt(rest)
    if len(parts) == 3 and rest and side * side == rest:
        product = product_text((parts[0], side, side))
        return note("{built} is {product}, for maps of {side} x {side}", built=built, product=product, side=side)
    if built % area == 0:
        channels, product = built // area, product_text((built // area, *parts[1:]))
        if channels == 1:
            return note("{built} is {product}, for one channel", built=built, product=product)
        return note("{built} is {product}, for {channels} channels", built=built, product=product, channels=channels)
    if len(parts) == 2 and rest:
        product = product_text((parts[0], rest))
        return note("{built} is {product}, for a length of {length}", built=built, product=product, length=rest)
    return None
