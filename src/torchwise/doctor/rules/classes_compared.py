"""Scores of several classes compared with class numbers: a case for cross entropy."""

import ast
from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.compared import Compared
from torchwise.doctor.layerwise.expressions import whole_call
from torchwise.doctor.rules.loss_ranks import values_of
from torchwise.finding import Finding, Words
from torchwise.texts import note


def classes_compared(case: Case, pair: Compared, what: Words) -> Iterator[Finding]:
    """TW202: the output has a score for each class, the target one class number for each sample."""
    one, other = pair.one, pair.other
    if len(one) < 2 or one[1] < 2 or one[0] != other[0] or pair.target.device.type == "meta":
        return
    if (*one[:1], *one[2:]) not in (other, (*other[:1], *other[2:])) or (len(other) > 1 and other[1] != 1):
        return
    values = values_of(pair.target)
    if not values.numel() or not bool((values == values.round()).all()) or values.min() < 0 or values.max() >= one[1]:
        return
    why = note(
        "each sample has {classes} scores and one class number ({low} to {high}); CrossEntropyLoss compares these",
        classes=one[1], low=int(values.min()), high=int(values.max()),
    )  # fmt: skip
    change = cross_entropy_instead(case, pair)
    fix: Words = change.text if change is not None else "nn.CrossEntropyLoss()"
    if pair.target.is_floating_point() and pair.target_spot is not None:
        fix = note("{code}, with {target}.long()", code=fix, target=pair.target_spot.text)
    yield case.finding("TW202", what, why=why, fix=fix, mend=change.mend if change is not None else None)


def cross_entropy_instead(case: Case, pair: Compared) -> Change | None:
    """The loss as cross entropy: where the loss object was built, or the function was called."""
    if case.frame is None or case.operation is None or not isinstance(case.operation.node, ast.Call):
        return None
    call = case.spot(case.operation.node)
    if case.operation.name == pair.name:
        function = call.source.text(case.operation.node.func).removesuffix(pair.name)
        text = call.source.text(case.operation.node)
        return whole_call(call, text.replace(f"{function}{pair.name}", f"{function}cross_entropy", 1))
    if case.layer is None:
        return None
    site = case.site_of(case.layer)
    if site is None or not isinstance(site.node, ast.Call):
        return None
    name = type(case.layer).__name__
    text = site.source.text(site.node.func)
    return whole_call(site, f"{text.removesuffix(name)}CrossEntropyLoss()") if text.endswith(name) else None
