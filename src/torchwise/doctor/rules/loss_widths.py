"""Output and target with other numbers of values a sample: the head of the model, or the columns of the target."""

import ast
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.compared import Compared
from torchwise.doctor.layerwise.dimensions import decided
from torchwise.doctor.layerwise.numbers import number_of
from torchwise.doctor.layerwise.places import ground_of
from torchwise.doctor.layerwise.rewriting import changed
from torchwise.doctor.layerwise.stories import story
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding, Words
from torchwise.texts import note


def other_width(case: Case, pair: Compared, what: Words) -> Iterator[Finding]:
    """TW202: the head gives another number of values than the target has."""
    one, other = pair.one, pair.other
    if not one or pair.traced_output is None:
        return
    wanted = other[-1] if len(other) == len(one) else 1
    dim = next((i for i in range(1, len(one)) if len(other) == len(one) and one[i] != other[i]), len(one) - 1)
    wanted = other[dim] if len(other) == len(one) else wanted
    found = decided(pair.way, pair.traced_output, dim)
    why: Words = note("{name} compares value by value: both must have the same shape", name=pair.name)
    told = story(pair.way, found, wanted)
    if told is not None:
        why = note("{told}; {why}", told=told, why=why)
    classes = _one_hot(case, pair)
    if found.kind == "layer" and found.module is not None:
        number = number_of(case, found.module, found.name)
        if number is not None and found.factor == 1:
            change = changed(case, number, wanted, ground_of(case, number, None, ()))
            fix: Words = change.text if change is not None else f"{found.name}={wanted}"
            yield case.finding("TW202", what, why=why, fix=fix, mend=change.mend if change is not None else number.site)
    if classes is not None:
        change = _of_one_hot(classes, one[-1])
        fix = change.text if change is not None else f"num_classes={one[-1]}"
        yield case.finding(
            "TW202", what, why=why, fix=fix, mend=change.mend if change is not None else classes, sure=False
        )


def _one_hot(case: Case, pair: Compared) -> Spot | None:
    """The one_hot that made the target."""
    if pair.target_spot is None:
        return None
    for spot in case.flow.trail(pair.target_spot):
        for node in ast.walk(spot.node):
            if call_name(node) == "one_hot" and isinstance(node, ast.Call):
                return spot.at(node, ())
    return None


def _of_one_hot(spot: Spot, classes: int) -> Change | None:
    """one_hot with another number of classes."""
    if not isinstance(spot.node, ast.Call):
        return None
    given = keyword_of(spot.node, "num_classes") or (spot.node.args[1] if len(spot.node.args) > 1 else None)
    return rewritten(spot, given, str(classes)) if given is not None else None
