"""Losses whose output and target have shapes that don't fit."""

from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layerwise.compared import Compared, compared, subtracted
from torchwise.doctor.rules.classes_compared import classes_compared
from torchwise.doctor.rules.decoders import other_maps
from torchwise.doctor.rules.loss_batches import other_batch
from torchwise.doctor.rules.loss_ranks import other_rank
from torchwise.doctor.rules.loss_widths import other_width
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note


def output_and_target_differ(case: Case) -> Iterator[Finding]:
    """TW202 (TW207, TW223): a loss that compares value by value wants both in one shape."""
    pair = compared(case)
    if pair is None:
        return
    what = note(
        "the loss compares an output of {output} with a target of {target}", output=shape_text(pair.one),
        target=shape_text(pair.other),
    )  # fmt: skip
    for special in (other_batch, other_rank, other_maps, classes_compared, other_width):
        found = list(special(case, pair, what))
        if found:
            yield from found
            return
    yield case.finding("TW202", what, why=reason(pair), fix=_view(pair))


def difference_of_maps(case: Case) -> Iterator[Finding]:
    """TW223: the maps of a decoder minus the image, which has another size."""
    pair = subtracted(case)
    if pair is not None:
        what = note(
            "an output of {output} minus a target of {target}", output=shape_text(pair.one),
            target=shape_text(pair.other),
        )  # fmt: skip
        yield from other_maps(case, pair, what)


def reason(pair: Compared) -> Words:
    """The rule that is broken."""
    return note("{name} compares value by value: both must have the same shape", name=pair.name)


def _view(pair: Compared) -> Words:
    """What is left to say where no cause is known."""
    if pair.output.numel() == pair.target.numel() and pair.target_spot is not None and pair.output_spot is not None:
        return f"{pair.target_spot.text}.view_as({pair.output_spot.text})"
    return note("bring both to one shape")


RULES = (output_and_target_differ, difference_of_maps)
