"""One sample given to a model that takes batches: found where the model was called."""

from collections.abc import Iterator

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.layerwise.expressions import first_argument, with_suffix
from torchwise.doctor.shapes import Way, root_frame, shape_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note


def outer_call(case: Case) -> Spot | None:
    """The user's expression that called the outermost module."""
    frame = root_frame(case)
    return case.flow.spot(frame, frame.node) if frame is not None and frame.node is not None else None


def batch_added(case: Case) -> Change | None:
    """The outermost call with a batch dimension put in front of its input."""
    argument = first_argument(outer_call(case))
    return with_suffix(argument, argument.node, ".unsqueeze(0)") if argument is not None else None


def single_sample(case: Case, way: Way, maps: tuple[int, ...], built: int) -> Iterator[Finding]:
    """TW204: the model got one sample, so that flatten took its channels for the batch."""
    source = shape_of(way.source(way.given))
    what = note("the model gets one sample, {shape}, without a batch dimension", shape=shape_text(source or maps))
    why: Words = note(
        "flatten takes the {channels} channels of {maps} for samples: the layer gets {given} features, not {built}",
        channels=maps[0], maps=shape_text(maps), given=shape_of(way.given)[-1], built=built,
    )  # fmt: skip
    change = batch_added(case)
    fix: Words = change.text if change is not None else "x.unsqueeze(0)"
    yield case.finding("TW204", what, why=why, fix=fix, mend=change.mend if change is not None else outer_call(case))
