"""What half precision can't take: constants that overflow, and losses that autocast refuses."""

import ast
import re
from collections.abc import Iterator

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.past.writing import replaced
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.texts import note

OVERFLOW = re.compile(r"value cannot be converted to type (?:at::|c10::)?(\w+) without overflow")
AUTOCAST = re.compile(r"binary_cross_entropy.{0,60}unsafe to autocast|BCELoss are unsafe to autocast", re.S)
LARGEST = {"Half": 65504, "BFloat16": 3.38e38, "uint8_t": 255, "int8_t": 127, "short": 32767, "int16_t": 32767}


def half_overflows(case: Case) -> Iterator[Finding]:
    """TW702: a number that doesn't fit into the dtype; binary cross-entropy under autocast."""
    if case.frame is None or case.frame.node is None or not isinstance(case.error, RuntimeError):
        return
    if match := OVERFLOW.search(case.text):
        yield _overflow(case, match[1])
    elif AUTOCAST.search(case.text):
        yield _autocast(case)


def _overflow(case: Case, kind: str) -> Finding:
    node = case.frame.node if case.frame is not None else None
    largest = LARGEST.get(kind, 65504)
    tensor = next((operand for operand in case.tensors() if operand.node is not None), None)
    number = _number(case, node, largest)
    dtype = str(tensor.value.dtype).removeprefix("torch.") if tensor is not None else kind.lower()
    name: Words = tensor.text if tensor is not None else note("the tensor")
    value = number[1] if number is not None else ""
    what = note("{value} doesn't fit into {dtype}, the dtype of {name}", value=value, dtype=dtype, name=name)
    why = note("{dtype} reaches to {largest} only", dtype=dtype, largest=largest)
    if number is None or node is None:
        return case.finding(
            "TW702", what, why=why, fix=f"torch.finfo({tensor.text if tensor is not None else 'x'}.dtype).min"
        )
    spot, amount = number
    born = case.flow.born(spot)
    is_float = tensor is None or tensor.value.is_floating_point()
    if isinstance(born.node, ast.Constant | ast.UnaryOp) and born.node is not spot.node and is_float:
        new = 'float("-inf")' if amount < 0 else "6e4"
        change = replaced(born, born.node, new)
        return case.finding("TW702", what, why=why, fix=change.text, mend=change.mend)
    end = "min" if amount < 0 else "max"
    change = replaced(spot, spot.node, f"torch.{'finfo' if is_float else 'iinfo'}({name}.dtype).{end}")
    return case.finding("TW702", what, why=why, fix=change.text, mend=change.mend)


def _number(case: Case, node: ast.AST | None, largest: float) -> tuple[Spot, float] | None:
    """The argument that is too large."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call):
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
    statement = (
        case.frame.source.statement_of(node)
        if case.frame is not None and case.frame.source is not None and node is not None
        else None
    )
    if isinstance(statement, ast.Assign):
        parts.append(statement.value)
    for item in parts:
        value = case.value(item)
        if (
            isinstance(value, float | int)
            and not isinstance(value, bool)
            and abs(value) > largest
            and abs(value) != float("inf")
        ):
            return case.spot(item), value
    return None


def _autocast(case: Case) -> Finding:
    """nn.BCELoss under autocast."""
    what = note("binary cross-entropy on probabilities is refused under autocast")
    why = note(
        "a sigmoid in half precision rounds to 0 or 1, and its logarithm is lost; BCEWithLogitsLoss takes the logits"
    )
    layer = case.layer
    if isinstance(layer, nn.BCELoss) and (site := case.site_of(layer)) is not None and isinstance(site.node, ast.Call):
        change = replaced(
            site, site.node.func, site.source.text(site.node.func).replace("BCELoss", "BCEWithLogitsLoss")
        )
        fix: Words = note("{code}, and no sigmoid before it", code=f"{change.text}()")
        return case.finding("TW702", what, why=why, fix=fix, mend=change.mend)
    node = case.frame.node if case.frame is not None else None
    if isinstance(node, ast.Call) and call_name(node) == "binary_cross_entropy":
        change = replaced(case.spot(node), node.func, ast.unparse(node.func) + "_with_logits")
        return case.finding(
            "TW702", what, why=why, fix=note("{code}, and no sigmoid before it", code=change.text), mend=change.mend
        )
    return case.finding("TW702", what, why=why, fix="nn.BCEWithLogitsLoss()")


RULES = (half_overflows,)
