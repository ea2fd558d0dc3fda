"""Memory that ran out: an accidental giant, graphs that are kept, an evaluation with gradients, too big a batch."""

import ast
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.layers import rewritten
from torchwise.doctor.memory.asked import Asked, asked, is_memory_error, size_text
from torchwise.doctor.memory.capacity import (
    activations,
    batch_of,
    fitting_batch,
    forward_call,
    needed_for_training,
    room_for,
)
from torchwise.doctor.memory.evaluation import is_evaluation, records
from torchwise.doctor.memory.holders import holders_of, kept_bytes
from torchwise.doctor.memory.origin import batch_number
from torchwise.doctor.rules.giant_layers import giant_layer
from torchwise.doctor.rules.giants import giant_result
from torchwise.doctor.rules.hoards import hoarded, without_no_grad
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import note


def out_of_memory(case: Case) -> Iterator[Finding]:
    """TW301 to TW304: there is not enough memory for what a line asks for."""
    if not is_memory_error(case.error) or case.frame is None:
        return
    said = asked(case.text)
    for rule in (giant_layer, hoarded, giant_result):
        found = list(rule(case, said))
        if found:
            yield from found
            return
    if is_evaluation(case) and records(case):
        yield without_no_grad(case, said)
        yield from (finding.guessed() for finding in _batch(case, said))
        return
    yield from _batch(case, said)


def _batch(case: Case, said: Asked) -> Iterator[Finding]:
    """TW301: the batch is too big."""
    batch = batch_of(_given(case))
    number = batch_number(case, batch) if batch is not None else None
    what, why = _what(case, said, batch), _why(case, said)
    if said.others > (said.total or 1 << 62) // 3:
        why = note("another process holds {others} of the {total} of the device", others=size_text(said.others),
                   total=size_text(said.total or 0))  # fmt: skip
    if batch is None or batch <= 1:
        fix = note("a smaller input or model, torch.autocast with bfloat16, or torch.utils.checkpoint")
        yield case.finding("TW301", what, why=why, fix=fix, sure=False)
        return
    fits = _fitting(case, said, batch)
    if number is None:
        yield case.finding(
            "TW301", what, why=why, fix=note("a batch of about {batch}", batch=fits), mend=forward_call(case)
        )
        return
    if isinstance(number.node, ast.Constant):
        change = rewritten(number, number.node, str(fits))
        yield case.finding("TW301", what, why=why, fix=change.text, mend=change.mend)
    else:
        fix = note("{code} must give about {batch}, not {old}", code=number.text, batch=fits, old=batch)
        yield case.finding("TW301", what, why=why, fix=fix, mend=number)


def _given(case: Case) -> object:
    """The tensor whose first dimension is the batch: what the outermost module got."""
    spot = forward_call(case)
    if spot is not None and isinstance(spot.node, ast.Call):
        for item in [*spot.node.args, *(keyword.value for keyword in spot.node.keywords)]:
            value = spot.at(item, ()).value()
            if isinstance(value, Tensor) and value.dim() > 0:
                return value
    if isinstance(case.layer_input, Tensor):
        return case.layer_input
    return next((operand.value for operand in case.tensors() if operand.value.dim() > 1), None)


def _fitting(case: Case, said: Asked, batch: int) -> int:
    """The batch that fits, by the activations of the whole forward pass where they can be computed."""
    holders = holders_of(case)
    given = case.layer_input
    held = kept_bytes(case, [given]) if isinstance(given, Tensor) and given.grad_fn is not None else 0
    room = room_for(case, said, held)
    if room is None:
        return max(1, 1 << max(0, (batch // 2).bit_length() - 1))
    found = activations(case)
    needed = (
        needed_for_training(*found, holders, trains=not is_evaluation(case))
        if found is not None
        else 3 * (held + (said.request or 0))
    )
    return fitting_batch(batch, room, needed)


def _what(case: Case, said: Asked, batch: int | None) -> Words:
    size = size_text(said.request) if said.request else "?"
    if batch is None:
        return note("there is not enough memory: {size} more were asked for", size=size)
    return note(
        "the batch of {batch} needs more memory than there is: {size} more were asked for", batch=batch, size=size
    )


def _why(case: Case, said: Asked) -> Words:
    """What the memory goes to."""
    given = _given(case)
    found = activations(case)
    made = note("the activations of the forward pass grow in proportion to the batch")
    if found is not None and isinstance(given, Tensor):
        made = note(
            "for an input of {shape} the forward pass makes {size} of activations, which are kept for backward",
            shape=shape_text(given.shape), size=size_text(found[0]),
        )  # fmt: skip
    fixed = holders_of(case).fixed
    if fixed > (said.total or 1 << 34) // 10:
        return note("{made}; weights, gradients and optimizer hold {fixed}", made=made, fixed=size_text(fixed))
    if said.total is not None:
        return note("{made}; the device has {total}", made=made, total=size_text(said.total))
    return made


RULES = (out_of_memory,)
