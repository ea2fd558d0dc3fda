"""Masks of an attention that mean the opposite: true at what is there, where true leaves out, and the other way."""

from collections.abc import Iterator

import torch

from torchwise.finding import Finding
from torchwise.rehearsal.checks.words import seen
from torchwise.rehearsal.lineage import origin
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Op
from torchwise.texts import note

FORBIDDING = -1e3  # a score this low, put where a mask is true, takes a position out


def inverted_mask(rehearsed: Rehearsed) -> Iterator[Finding]:
    """A mask that is true at the real tokens, used where true means "leave out"."""
    for op in rehearsed.record.ops:
        if op.name == "masked_fill" and len(op.args) >= 3 and isinstance(op.args[2], int | float):
            mask = op.args[1]
            if op.args[2] > FORBIDDING or not isinstance(mask, Op):
                continue
            source = _unexpanded(mask)
            if _marks_real(source):
                yield rehearsed.finding(
                    "TW740", op.site,
                    note("the mask is true at the tokens that are there, and takes them out of the attention"),
                    why=note("in masked_fill, key_padding_mask and attn_mask true means: leave this position out"),
                    fix=note("turn it round: {code}", code="~mask"), mend=source.site, seen=seen("mask", mask),
                )  # fmt: skip
                return


def inverted_boolean_mask(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The same for scaled_dot_product_attention, in which true means "take part"."""
    for op in rehearsed.record.ops:
        mask = op.given(3, "attn_mask") if op.name == "scaled_dot_product_attention" else None
        if not isinstance(mask, Op) or mask.fact is None or mask.fact.dtype != torch.bool:
            continue
        source = _unexpanded(mask)
        is_future = source.name == "triu" and source.given(1, "diagonal", 0) == 1
        if is_future or (source.name == "eq" and _compares_tokens(source)):
            yield rehearsed.finding(
                "TW740", op.site, note("the mask is true at what is to be left out, and lets only that take part"),
                why=note("in scaled_dot_product_attention true means: take part; elsewhere it means: leave out"),
                fix=note("turn it round: {code}", code="~mask"), mend=source.site, seen=seen("mask", mask),
            )  # fmt: skip
            return


def _compares_tokens(op: Op) -> bool:
    """Whether it is tokens == 0 or tokens != 0: whole numbers compared with a constant."""
    first = op.args[0]
    is_whole = isinstance(first, Op) and first.fact is not None and first.fact.dtype in (torch.int64, torch.int32)
    return is_whole and len(op.args) > 1 and isinstance(op.args[1], int)


def _unexpanded(op: Op) -> Op:
    """The operation that computed a mask, also before it was collated."""
    for _ in range(50):
        op = origin(op)
        if op.name == "batch" and op.born is not None:
            op = op.born
        elif op.name in ("expand", "bool", "getitem", "expand_as", "repeat", "stack") and op.inputs:
            op = op.inputs[0]
        else:
            break
    return op


def _marks_real(op: Op) -> bool:
    """Whether it is tokens != 0, positions < lengths, or the lower triangle."""
    if op.name == "ne":
        return _compares_tokens(op)
    if op.name in ("lt", "gt") and len(op.inputs) == 2:
        left = _unexpanded(op.inputs[0 if op.name == "lt" else 1])
        return left.name == "arange" and _unexpanded(op.inputs[1 if op.name == "lt" else 0]).name != "arange"
    return op.name == "tril" and not op.given(1, "diagonal", 0)


RULES = (inverted_mask, inverted_boolean_mask)
