"""Targets of a loss in a dtype that it doesn't take, told where the loss is called or where backward meets them."""

import re
from collections.abc import Iterator

from torchwise.doctor.births.loss import CLASSES, Loss, loss_at_backward, loss_of
from torchwise.doctor.births.tracer import since, tracer
from torchwise.doctor.births.words import FLOATS, HALVES, named
from torchwise.doctor.case import Case
from torchwise.doctor.rules.layer_dtypes import ABOUT_DTYPES, why_of
from torchwise.doctor.tracing.words import sentences
from torchwise.doctor.values import seen
from torchwise.finding import Finding, Seen, Words
from torchwise.texts import note


def class_labels_of_other_dtype(case: Case) -> Iterator[Finding]:
    """TW403: class labels that are no int64."""
    loss = loss_of(case)
    if loss is None or loss.name not in CLASSES or loss.output.dim() == 0:
        return
    given = named(loss.target.dtype)
    is_probable = loss.target.shape == loss.output.shape and loss.name == "cross_entropy"
    if given == "int64" or is_probable or not ABOUT_DTYPES.search(case.text):
        return
    what = note("the class labels {name} are {given}, {loss} takes int64",
                name=loss.target_spot.text, given=given, loss=loss_text(loss))  # fmt: skip
    change = tracer(case).cast(loss.target_spot, given, "int64")
    why = note("a label is the number of a class, as int64 (torch.long); other dtypes are not converted")
    told = since(change, given) if change.mend.line != case.where.line else ""
    yield case.finding("TW403", what, why=sentences(why, told), fix=change.text, mend=change.mend, seen=shown(loss))
    here = tracer(case).cast_here(loss.target_spot, "int64")
    if here.mend.line != change.mend.line:
        yield case.finding("TW403", what, fix=here.text, mend=here.mend, sure=False, seen=shown(loss))
    if given in FLOATS and loss.target.is_floating_point() and (loss.target != loss.target.round()).any():
        yield case.finding("TW403", what, fix=note("nn.MSELoss() if the labels are quantities"), sure=False)


def loss_text(loss: Loss) -> str:
    """CrossEntropyLoss or cross_entropy, as the program has it."""
    return type(loss.module).__name__ if loss.module is not None else loss.name


def shown(loss: Loss) -> tuple[Seen, ...]:
    """Output and target as a finding shows them."""
    pairs = ((loss.output_spot.text, loss.output), (loss.target_spot.text, loss.target))
    found = [seen(" ".join(text.split()), value) for text, value in pairs]
    return tuple(item for item in found if item is not None)


def target_of_other_dtype(case: Case) -> Iterator[Finding]:
    """TW404 integers, TW401 float64, TW406 half precision: the target of a loss that compares value by value."""
    loss = loss_of(case) or _of_backward(case)
    if loss is None or loss.name in CLASSES or not ABOUT_DTYPES.search(case.text):
        return
    given, wanted = named(loss.target.dtype), named(loss.output.dtype)
    if given == wanted or "complex" in given + wanted:
        return
    if given in FLOATS and given == "float32":
        yield from _odd_output(case, loss, given, wanted)
        return
    code = "TW404" if given not in FLOATS else "TW406" if given in HALVES else "TW401"
    to = wanted if wanted in FLOATS else "float32"
    what = note("the target {name} is {given}, the output is {wanted}",
                name=loss.target_spot.text, given=given, wanted=wanted)  # fmt: skip
    change = tracer(case).cast(loss.target_spot, given, to)
    told = since(change, given) if change.mend.line != case.where.line else ""
    if code == "TW404":
        why: Words = note("{loss} computes with the target as a number and needs floats: integers are not converted here",
                   loss=loss_text(loss))  # fmt: skip
    else:
        why = why_of(code, given, wanted)
    yield case.finding(code, what, why=sentences(why, told), fix=change.text, mend=change.mend, seen=shown(loss))
    here = tracer(case).cast_here(loss.target_spot, to)
    if here.mend.line != change.mend.line:
        yield case.finding(code, what, fix=here.text, mend=here.mend, sure=False, seen=shown(loss))


def _of_backward(case: Case) -> Loss | None:
    """The loss behind `loss.backward()`, where its error speaks of dtypes."""
    if not re.search(r"Found dtype \w+ but expected|expected scalar type|can't be cast", case.text):
        return None
    return loss_at_backward(case)


def _odd_output(case: Case, loss: Loss, given: str, wanted: str) -> Iterator[Finding]:
    """An ordinary float32 target beside an output of float64 or half precision."""
    if wanted not in FLOATS:
        return
    code = "TW406" if wanted in HALVES else "TW401"
    what = note("the output {name} is {wanted}, the target is {given}",
                name=loss.output_spot.text, given=given, wanted=wanted)  # fmt: skip
    change = tracer(case).cast(loss.output_spot, wanted, given)
    yield case.finding(code, what, why=why_of(code, wanted, given), fix=change.text, mend=change.mend, seen=shown(loss))


RULES = (class_labels_of_other_dtype, target_of_other_dtype)
