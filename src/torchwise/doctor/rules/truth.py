"""A tensor with several values where one number or one truth is needed: if, .item(), float(), range, max."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.remedies.decided import Ambiguous, candidates, is_single
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.operands import at_node, seen_of, shape_of
from torchwise.doctor.tracing.ranking import ranked_findings
from torchwise.finding import Finding
from torchwise.texts import note

NUMBERS = {"item", "float", "int", "range", "round", "sqrt", "log", "exp", "pow", "isnan", "format", "complex", "abs",
           "floor", "ceil", "isinf", "isfinite", "log10", "log2", "sin", "cos", "tanh"}  # fmt: skip


def several_values_for_one(case: Case) -> Iterator[Finding]:
    """TW228: a tensor with more than one value is used as one number or as a truth."""
    if not _is_said(case):
        return
    ambiguous = _ambiguous(case)
    if ambiguous is None:
        return
    given = ambiguous.given
    count = 1
    for size in given.shape:
        count *= size
    if count == 1:
        return
    what = note(
        "{name} {shape} has {count} values, one is needed here", name=given.text, shape=str(given.shape), count=count
    )
    why = note("if, while, and, or, not, max() ask for one truth; which of the {count} counts is open", count=count)
    if not ambiguous.is_truth:
        why = note("only a tensor with one value can become a Python number")
    found = candidates(ambiguous)
    yield from ranked_findings(case, "TW228", what, why=why, candidates=found, seen=seen_of(given))


def _is_said(case: Case) -> bool:
    """Whether the error is of that kind, in the words of any version."""
    text = case.text.lower()
    return (
        "ambiguous" in text
        or ("convert" in text and ("scalar" in text or "to an index" in text))
        or "unsupported format string passed to tensor" in text
        or "doesn't define __round__" in text
        or ("only one element" in text or "only integer tensors of a single element" in text)
    )


def _ambiguous(case: Case) -> Ambiguous | None:
    """The tensor with several values, and the expression around it."""
    frame: Frame | None = case.frame
    if frame is None or frame.node is None or frame.source is None:
        return None
    is_truth = "ambiguous" in case.text.lower()
    asking = frame.node
    if any(inner.function == "__format__" for inner in case.inner[:1]):
        asking = _formatting(case) or asking  # a place in a formatted text is not kept by Python 3.11
    parent = frame.source.parents.get(asking)
    if is_truth and (
        isinstance(parent, ast.BoolOp) or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))
    ):
        asking = parent
    for node, inner in _asked(asking):
        given = at_node(case, inner)
        if given is not None and isinstance(node, ast.FormattedValue):
            given = replace(given, text=ast.unparse(inner))
        if given is not None and shape_of(given.value) is not None and not is_single(given):
            return Ambiguous(case, node, given, is_truth)
    return None


def _formatting(case: Case) -> ast.AST | None:
    """The value with several values in the formatted texts of the failing statement."""
    frame = case.frame
    if frame is None or frame.source is None or frame.node is None:
        return None
    number = frame.line
    for node in ast.walk(frame.source.tree):
        if isinstance(node, ast.JoinedStr) and node.lineno <= number <= (node.end_lineno or number):
            for item in node.values:
                given = at_node(case, item.value) if isinstance(item, ast.FormattedValue) else None
                if given is not None and given.shape and not is_single(given):
                    return item
    return None


def _asked(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """The expression of which one value is asked, the likeliest first; each with the tensor in it."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and call_name(node) in ("item", "__bool__", "__float__", "__int__"):
            yield node, node.func.value
        if call_name(node) in ("max", "min") and len(node.args) > 1:
            left, right = node.args[:2]
            yield node, left
            yield node, right
        for item in node.args:
            if isinstance(item, ast.JoinedStr):
                yield from _asked(item)
            else:
                yield node, item
    if isinstance(node, ast.If | ast.While | ast.Assert | ast.IfExp):
        yield from _asked(node.test)
    if isinstance(node, ast.BoolOp):
        for item in node.values:
            yield node, item
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand
    if isinstance(node, ast.FormattedValue):
        yield node, node.value
    if isinstance(node, ast.JoinedStr):
        for item in node.values:
            yield from _asked(item)
    if isinstance(node, ast.Subscript):
        yield node, node.slice
    if isinstance(node, ast.Compare):
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            yield node, node.left
        elif len(node.ops) == 1:
            yield node, node
        else:
            yield node, node.left
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr) and node.value is not None:
        yield from _asked(node.value)
    if isinstance(node, ast.expr):
        yield node, node


RULES = (several_values_for_one,)
