"""Masks that are not boolean."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.births.asking import cast_findings
from torchwise.doctor.births.tracer import tracer, user_spot
from torchwise.doctor.births.words import named
from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operand
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Finding
from torchwise.texts import note

SAYS_SO = re.compile(
    r"boolean mask|BoolTensor|boolean tensor|bool\w* tensor.*(?:mask|condition)|bitwise_(?:and|or|xor|not)"
    r"|operator\.invert|types of \w*mask|attn_mask dtype|mask.*(?:dtype|bool)|(?:dtype|bool).*mask",
    re.I | re.S,
)
MASK_FIRST = {"where", "invert", "bitwise_not", "logical_not"}
BITWISE = {"bitwise_and", "bitwise_or", "bitwise_xor", "unary"}


def mask_is_not_boolean(case: Case) -> Iterator[Finding]:
    """TW407: masked_fill, where, & and attention take masks of dtype bool."""
    if not SAYS_SO.search(case.text) or case.operation is None:
        return
    found = _mask(case)
    if found is None:
        return
    value, spot = found
    given = named(value.dtype)
    what = note("the mask {name} is {given}, not bool", name=" ".join(spot.text.split()), given=given)
    why = note("a mask holds true and false: {operation} takes torch.bool, and converts nothing",
               operation=case.operation.name)  # fmt: skip
    if _keeps(spot) and case.operation.name.startswith("masked_fill"):
        change = replaced(spot, spot.node, f"{spot.text} == 0")
        more = note("1 marks what is kept here, and masked_fill fills where the mask is true")
        yield case.finding("TW407", what, why=more, fix=change.text, mend=change.mend)
        return
    yield from cast_findings(case, "TW407", what, why, spot, (given, "bool"), value)


def _keeps(spot: Spot) -> bool:
    """Whether a mask is a tokenizer's: 1 for the tokens to keep."""
    return "attention_mask" in spot.text


def _mask(case: Case) -> tuple[Tensor, Spot] | None:
    """The mask of the failing line, and its expression."""
    operation = case.operation
    assert operation is not None, "checked by the caller"
    named_masks = [
        o for o in operation.operands if "mask" in o.keyword or o.keyword in ("condition", "key_padding_mask")
    ]
    plain = [o for o in operation.operands if isinstance(o.value, Tensor)]
    if operation.name in BITWISE:
        return _first(
            case, [o for o in plain if named(o.value.dtype) != "bool" and o.value.is_floating_point()] or plain
        )
    if operation.name in ("masked_fill", "masked_fill_", "masked_select", "masked_scatter", "where"):
        place = 0 if operation.name == "where" and not operation.is_method else 1
        return _first(case, [*named_masks, *operation.operands[place : place + 1]])
    if (found := _first(case, named_masks)) is not None:
        return found
    for frame in case.inner:  # in attention: the mask by its name in torch's own frames
        for name, value in frame.arguments().items():
            if "mask" in name and isinstance(value, Tensor) and named(value.dtype) != "bool":
                spot = user_spot(case, value)
                if spot is not None and tracer(case).value(spot) is value:
                    return value, spot
    return None


def _first(case: Case, operands: list[Operand]) -> tuple[Tensor, Spot] | None:
    """The first operand that is a tensor of another dtype than bool."""
    for operand in operands:
        if (
            isinstance(operand.value, Tensor)
            and named(operand.value.dtype) != "bool"
            and isinstance(operand.node, ast.AST)
        ):
            return operand.value, case.spot(operand.node)
    return None


RULES = (mask_is_not_boolean,)
