"""Options that a function or a class refuses: a word it doesn't know, a number out of range, two that exclude each other."""

import ast
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.objects.accused import Accused, is_of_torch, place_of, words_of
from torchwise.doctor.objects.changes import name_of_file
from torchwise.doctor.objects.definitions import nearest
from torchwise.doctor.rules.building import class_called
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

HOMES = {"torch.optim.lr_scheduler": "TW704", "torch.optim.swa_utils": "TW704", "torch.optim": "TW018",
         "torch.distributions": "TW705", "torch.utils.data": "TW628"}  # fmt: skip
OTHER_WORDS = {"avg": "mean", "average": "mean", "batchmean": "mean", "symmetric": "reflect", "edge": "replicate",
               "wrap": "circular", "constant": "zeros", "add": "sum", "swish": "gelu", "silu": "gelu", "gelu": "relu"}  # fmt: skip


def option_is_refused(case: Case, item: Accused | None) -> Iterator[Finding]:
    """TW019: an option has a value that the function doesn't take; another code where its family has one of its own."""
    if item is None or item.by == "number" or not item.is_option or item.name in ("input", "self", ""):
        return
    if not isinstance(case.error, ValueError | RuntimeError | TypeError | AssertionError | NotImplementedError):
        return
    place = place_of(case, item)
    what = note("{function} gets {name} = {value}", function=item.function, name=item.name, value=_shown(item))
    if item.is_missing:
        what = note("{function} is called without {name}", function=item.function, name=item.name)
    mend, fix = _mended(item, place)
    yield case.finding(_code(case), what, why=_why(case, item, place.node is not item.spot.node, name_of_file(place)),
                       fix=fix, mend=mend, sure=item.by == "check" and item.is_alone)  # fmt: skip


def _code(case: Case) -> str:
    """The code of the family that the failing function belongs to."""
    frames = [frame for frame in case.inner if is_of_torch(frame)]
    home = str(frames[-1].frame.f_globals["__name__"]) if frames else ""
    for name, code in HOMES.items():
        if home.startswith(name):
            return code
    cls = class_called(case)
    return "TW012" if cls is not None and issubclass(cls, nn.Module) else "TW019"


def _shown(item: Accused) -> str:
    shown = repr(item.value)
    return shown if len(shown) < 40 else words_of(item.spot)


def _why(case: Case, item: Accused, is_elsewhere: bool, place: str) -> Words:
    """What the check said, what it takes, and where the value comes from."""
    said: Words = next((line.strip().rstrip(".") for line in case.text.splitlines() if line.strip()), "")
    if item.takes and not all(word in case.text for word in item.takes):
        said = note("it takes {words}", words=", ".join(item.takes))
    return note("{rule}; it comes from {place}", rule=said, place=place) if is_elsewhere else said


def _mended(item: Accused, place: Spot) -> tuple[Mend | Spot, Words]:
    """The nearest word that the option takes."""
    word = item.value
    if isinstance(word, str) and isinstance(place.node, ast.Constant):
        near = nearest(word, item.takes, 0.8) or next((w for w in item.takes if word.startswith(w)), None)
        near = near or (OTHER_WORDS.get(word) if OTHER_WORDS.get(word) in item.takes else None)
        if near is not None:
            change = replaced(place, place.node, f'"{near}"', least=place.source.parents.get(place.node))
            return change.mend, change.text
    if item.is_missing:
        return place, note("{name} in the call", name=item.name)
    return place, note("another value for {name}", name=item.name)
