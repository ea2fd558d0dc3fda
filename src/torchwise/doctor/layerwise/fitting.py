"""The findings of a layer that gets another size than it was built for: its number, its supplier's, or the data."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.layerwise.arrivals import arrival_of
from torchwise.doctor.layerwise.dimensions import Decided, decided
from torchwise.doctor.layerwise.numbers import number_of
from torchwise.doctor.layerwise.pairing import wrongly_paired
from torchwise.doctor.layerwise.rivals import is_trained, mends
from torchwise.doctor.layerwise.stories import story
from torchwise.doctor.shapes import Way, way_of
from torchwise.finding import Finding, Words
from torchwise.texts import note


@dataclass(frozen=True, kw_only=True, eq=False)
class Misfit:
    """A layer, the argument it was built with, the dimension that has to agree, and how the finding begins."""

    code: str
    layer: nn.Module
    name: str
    built: int
    given: int
    dim: int
    what: Words
    why: Words


def misfits(case: Case, misfit: Misfit) -> Iterator[Finding]:
    """The changes with which a layer and what it gets fit, the likeliest first."""
    way = way_of(case)
    if way.given is None or not -way.given.dim() <= misfit.dim < way.given.dim():
        yield _unfollowed(case, misfit)
        return
    found = decided(way, way.given, misfit.dim)
    told = story(way, found, misfit.built)
    why: Words = note("{told}; {why}", told=told, why=misfit.why) if told is not None else misfit.why
    pairing = wrongly_paired(case, way, misfit.layer, misfit.given)
    if pairing is not None:
        fix = note("pair them in one order: the layers take {sizes}", sizes=", ".join(map(str, pairing[1])))
        yield case.finding(misfit.code, misfit.what, why=why, fix=fix, mend=pairing[0])
        return
    if found.kind == "outside" and is_trained(misfit.layer):
        yield _other_data(case, way, misfit, found)
    options = mends(case, way, number_of(case, misfit.layer, misfit.name), found)
    for index, (_, change) in enumerate(options):
        yield case.finding(misfit.code, misfit.what, why=why, fix=change.text, mend=change.mend, sure=index == 0)
    if not options:
        yield case.finding(misfit.code, misfit.what, why=why, fix=_argument(misfit), mend=case.site_of(misfit.layer))


def _unfollowed(case: Case, misfit: Misfit) -> Finding:
    """The finding where nothing is known but the layer."""
    number, site = number_of(case, misfit.layer, misfit.name), case.site_of(misfit.layer)
    change = case.layers.change(site, misfit.layer, misfit.name, misfit.given) if number is not None and site else None
    fix: Words = change.text if change else _argument(misfit)
    return case.finding(misfit.code, misfit.what, why=misfit.why, fix=fix, mend=change.mend if change else site)


def _argument(misfit: Misfit) -> str:
    return f"{misfit.name}={misfit.given}"


def _other_data(case: Case, way: Way, misfit: Misfit, found: Decided) -> Finding:
    """The layer fitted the training data: what it gets now was made otherwise."""
    origin = way.origin(found.tensor)
    arrival = arrival_of(case, origin)
    why: Words = note(
        "the layer has been trained with {built}; the data of this call have {given}", built=misfit.built,
        given=misfit.given,
    )  # fmt: skip
    fix: Words = note("prepare these data as those for training, with {built}", built=misfit.built)
    return case.finding(
        misfit.code, misfit.what, why=why, fix=fix, mend=arrival.spot if arrival is not None else origin
    )
