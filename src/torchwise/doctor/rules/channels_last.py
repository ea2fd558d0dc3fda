"""Images whose channels are not in dimension 1: where they were made, or turned."""

import ast
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.areas import TURNS
from torchwise.doctor.layerwise.arrivals import Arrival, arrival_of
from torchwise.doctor.layerwise.dimensions import RESHAPES, decided
from torchwise.doctor.layerwise.expressions import first_argument, receiver_of, whole_call, with_suffix, without
from torchwise.doctor.retracing.steps import Step
from torchwise.doctor.shapes import Way, shape_of, way_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note


def channels_elsewhere(case: Case, code: str, built: int, given: tuple[int, ...], spatial: int) -> Iterator[Finding]:
    """The channels that a layer wants are there, but in another dimension than 1 (0 of a single sample)."""
    channel = len(given) - spatial - 1
    places = [index for index in range(len(given)) if index > channel and given[index] == built]
    if not places:
        return
    way = way_of(case)
    at = places[-1]
    turn = _turned(way, built)
    if turn is None and way.given is not None and decided(way, way.given, channel).kind in ("layer", "cat", "flatten"):
        return
    what = note(
        "the layer wants {built} channels in dimension {channel} of {shape}: it is {size}, dimension {at} is {built}",
        built=built, channel=channel, size=given[channel], shape=shape_text(given), at=at,
    )  # fmt: skip
    why: Words = note(
        "PyTorch's layers take the channels before height and width: {order}", order=_order(spatial, channel)
    )
    if turn is not None:
        yield _of_turn(case, way, code, what, turn)
        return
    arrival = arrival_of(case, way.entry(way.given)) if _is_from_outside(way) else None
    if arrival is not None and (shaped := _turn_outside(arrival)) is not None:
        change = without(shaped)
        fix: Words = change.text if change is not None else note("leave {code} out", code=shaped.text)
        yield case.finding(code, what, why=why, fix=fix, mend=change.mend if change is not None else shaped)
        return
    change = _permuted(case, way, arrival, given, at, channel)
    fix = change.text if change is not None else f"x{_permutation(len(given), at, channel)}"
    mend: Mend | Spot | None = change.mend if change is not None else way.origin(way.source(way.given))
    yield case.finding(code, what, why=why, fix=fix, mend=mend)


def _order(spatial: int, channel: int) -> str:
    """(N, C, H, W)."""
    names = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}[spatial]
    return "(" + ", ".join([*(["N"] if channel else []), "C", *names]) + ")"


def _permutation(dimensions: int, source: int, target: int) -> str:
    """The permutation that brings one dimension to another place: (0, 3, 1, 2), or a transposition of two."""
    order = [index for index in range(dimensions) if index != source]
    order.insert(target, source)
    if source == target + 1:
        return f".transpose({target}, {source})"
    return f".permute({', '.join(map(str, order))})"


def _is_from_outside(way: Way) -> bool:
    """Whether nothing but views stands between the input from outside and the layer."""
    return all(step.module is None for step in way.back(way.given))


def _turned(way: Way, built: int) -> Step | None:
    """The step in the model that brought the channels there: a permutation, or a view to that shape."""
    for step in way.back(way.given):
        if not step.inputs or (step.module is not None and step.shape != step.given):
            return None
        before = shape_of(step.inputs[0])
        if step.name in TURNS and len(before) > 2 and before[-3] == built:
            return step
        if step.name in RESHAPES and step.module is None:
            return step
    return None


def _of_turn(case: Case, way: Way, code: str, what: Words, turn: Step) -> Finding:
    """A permutation too many, or a view that puts the channels last."""
    why: Words = note("{code} turns {before} into {after}", code=way.name(turn), before=shape_text(turn.given or ()),
                      after=shape_text(turn.shape or ()))  # fmt: skip
    change = _reshaped(turn) if turn.name in RESHAPES else without(turn.spot)
    fix: Words = change.text if change is not None else note("leave {code} out", code=way.name(turn))
    return case.finding(code, what, why=why, fix=fix, mend=change.mend if change is not None else way.users_spot(turn))


def _reshaped(turn: Step) -> Change | None:
    """x.view(-1, 28, 28, 1) as x.view(-1, 1, 28, 28)."""
    node = turn.spot.node
    if not isinstance(node, ast.Call) or len(node.args) != 4 or receiver_of(turn.spot) is node.args[0]:
        return None
    texts = [turn.spot.source.text(item) for item in node.args]
    function = turn.spot.source.text(node.func)
    return whole_call(turn.spot, f"{function}({', '.join([texts[0], texts[3], texts[1], texts[2]])})")


def _turn_outside(arrival: Arrival) -> Spot | None:
    """A permutation on the way of the data."""
    for spot in arrival.shaped:
        name = spot.node.attr if isinstance(spot.node, ast.Attribute) else call_name(spot.node)
        if name in TURNS or name in ("rollaxis",):
            return spot
    return None


def _permuted(
    case: Case, way: Way, arrival: Arrival | None, given: tuple[int, ...], source: int, target: int
) -> Change | None:
    """The permutation where the data were made, else in the call that raised."""
    of_batch = _permutation(len(given), source, target)
    if arrival is not None:
        of_sample = _permutation(len(given) - 1, source - 1, target - 1) if target else of_batch
        entered = way.source(way.given)
        if entered is not None and entered.dim() < len(given):  # the batch was made on the way
            return arrival.changed(of_sample, of_sample)
        return arrival.changed(of_batch, of_sample)
    spot = way.users_spot(way.failed) if way.failed is not None else None
    argument = first_argument(spot)
    return with_suffix(argument, argument.node, of_batch) if argument is not None else None
