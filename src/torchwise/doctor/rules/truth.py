"""A tensor with several values where one number or one truth is needed: if, .item(), float(), range, max."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.edits import replaced
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.operands import Shaped, at_node, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.passing import REDUCTIONS
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

NUMBERS = {"item", "float", "int", "range", "round", "sqrt", "log", "exp", "pow", "isnan", "format", "complex", "abs",
           "floor", "ceil", "isinf", "isfinite", "log10", "log2", "sin", "cos", "tanh"}  # fmt: skip
COMPARING = {"max", "min", "sorted", "all", "any", "bool", "sum", "index", "count", "remove"}
OF_MATH = {"sqrt", "log", "exp", "pow", "isnan", "isinf", "floor", "ceil", "sin", "cos", "tanh", "log2", "log10"}


@dataclass(frozen=True, eq=False)
class Ambiguous:
    """The expression that would have to be one number or one truth."""

    case: Case
    node: ast.AST
    given: Shaped
    is_truth: bool


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
    found = _candidates(ambiguous)
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
        if given is not None and shape_of(given.value) is not None and not _is_single(given):
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
                if given is not None and given.shape and not _is_single(given):
                    return item
    return None


def _is_single(given: Shaped) -> bool:
    return all(size == 1 for size in given.shape)


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


def _candidates(ambiguous: Ambiguous) -> Iterator[Candidate]:
    """What may be meant."""
    yield from _by_expression(ambiguous)
    yield from _by_maker(ambiguous)
    node, given = ambiguous.node, ambiguous.given
    text = _whole(ambiguous.case, given)
    if not ambiguous.is_truth and call_name(node) == "item":
        values = ".sum()" if _is_truths(given) else ".mean()"
        yield 1.8, replaced(ambiguous.case.spot(node), node, f"{text}{values}.item()"), ""
        yield 2.2, replaced(ambiguous.case.spot(node), node, f"{text}.tolist()"), note("all values as a list")


def _whole(case: Case, given: Shaped) -> str:
    """The code of an operand, in brackets where something is put behind it."""
    is_simple = isinstance(given.spot.node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return given.spot.text if is_simple else f"({given.spot.text})"


def _is_truths(given: Shaped) -> bool:
    return isinstance(given.value, Tensor) and str(given.value.dtype) == "torch.bool"


def _by_expression(ambiguous: Ambiguous) -> Iterator[Candidate]:
    """By the expression in which one value is needed."""
    case, node, given = ambiguous.case, ambiguous.node, ambiguous.given
    spot = case.spot(node)
    text = _whole(case, given)
    name = call_name(node) if isinstance(node, ast.Call) else ""
    if name in ("max", "min") and isinstance(node, ast.Call) and len(node.args) == 2:
        yield 1.0, _clamped(case, node, name), ""
    elif name in ("max", "min", "sorted", "sum", "all", "any") and isinstance(node, ast.Call) and len(node.args) == 1:
        method = {"sorted": "sort().values"}.get(name, f"{name}()")
        yield 1.0, replaced(spot, node, f"{text}.{method}"), ""
    elif name in OF_MATH and isinstance(node, ast.Call):
        function = "torch." + name
        yield 1.0, replaced(spot, node.func, function, least=node), note("math works on one number, torch on all")
    elif name == "round":
        yield 1.0, replaced(spot, node, f"{text}.round()"), ""
    elif name == "range":
        yield 1.4, attached(given.spot, ".max()", 1.4, "reduced", node).change, ""
        yield 1.6, replaced(spot, node, f"range(len({given.spot.text}))"), ""
    elif name in ("float", "int"):
        yield 1.7, attached(given.spot, ".mean()" if name == "float" else ".sum()", 1.7, "reduced", node).change, ""
        yield 1.9, replaced(spot, node, f"{text}.{'float' if name == 'float' else 'long'}()"), note("for all values")
    elif isinstance(node, ast.FormattedValue) and (change := _formatted(case, node)) is not None:
        yield 1.6, change, ""
    if isinstance(node, ast.BoolOp):
        sign = "&" if isinstance(node.op, ast.And) else "|"
        joined = f" {sign} ".join(f"({spot.source.text(item)})" for item in node.values)
        if isinstance(spot.source.parents.get(node), ast.If | ast.While | ast.Assert | ast.IfExp):
            joined = f"({joined}).all()"
        yield 1.1, replaced(spot, node, joined), note("{sign} works value by value", sign=sign)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield 1.2, replaced(spot, node, f"~{text}"), ""
    elif isinstance(node, ast.Compare):
        yield from _compared(ambiguous, node)
    elif isinstance(node, ast.Name | ast.Attribute) and ambiguous.is_truth:
        yield from _by_name(ambiguous, node)
    elif (
        ambiguous.is_truth
        and isinstance(node, ast.Call)
        and not name.startswith(("max", "min"))
        and name not in COMPARING
    ):
        yield 1.6, attached(case.spot(node), ".any()", 1.6, "any").change, ""


def _formatted(case: Case, node: ast.FormattedValue) -> Change | None:
    """The mean in a formatted text. Python 3.11 does not keep where a value stands in it, so it is looked for."""
    place = case.frame
    if place is None or place.source is None:
        return None
    text = ast.unparse(node.value)
    for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
        if place.source.lines[number - 1].count("{" + text) == 1:
            mend = Mend(file=place.file, line=number, old="{" + text, new="{" + text + ".mean().item()")
            return Change(mend, f"{text}.mean().item()", case.spot(node))
    return None


def _by_name(ambiguous: Ambiguous, node: ast.expr) -> Iterator[Candidate]:
    """`if x:` is often meant for `if x is not None`; for truths it is any or all of them."""
    spot, given = ambiguous.case.spot(node), ambiguous.given
    if _is_truths(given):
        yield 1.3, attached(spot, ".any()", 1.3, "any").change, ""
        yield 1.4, attached(spot, ".all()", 1.4, "all").change, ""
    else:
        yield 1.2, replaced(spot, node, f"{spot.text} is not None"), note("whether there is a tensor at all")


def _clamped(case: Case, node: ast.Call, name: str) -> Change:
    """clamp, maximum or minimum for max(x, 0)."""
    spot = case.spot(node)
    texts = [spot.source.text(item) for item in node.args]
    tensors = [at_node(case, item) is not None for item in node.args]
    if all(tensors):
        return replaced(spot, node, f"torch.{name}imum({texts[0]}, {texts[1]})")
    tensor, number = (texts[0], texts[1]) if tensors[0] else (texts[1], texts[0])
    bound = "min" if name == "max" else "max"
    return replaced(spot, node, f"torch.clamp({tensor}, {bound}={number})")


def _compared(ambiguous: Ambiguous, node: ast.Compare) -> Iterator[Candidate]:
    """If a == b: all equal; a chain of comparisons as two; a test for membership."""
    case, spot = ambiguous.case, ambiguous.case.spot(node)
    if len(node.ops) == 2:
        left, middle, right = (spot.source.text(item) for item in (node.left, *node.comparators))
        signs = [_sign(op) for op in node.ops]
        text = f"({left} {signs[0]} {middle}) & ({middle} {signs[1]} {right})"
        yield 1.1, replaced(spot, node, text), note("a chain of comparisons asks for one truth in between")
    elif isinstance(node.ops[0], ast.In | ast.NotIn):
        left, right = spot.source.text(node.left), spot.source.text(node.comparators[0])
        yield 1.5, replaced(spot, node, f"any({left} is item for item in {right})"), ""
    elif isinstance(node.ops[0], ast.Eq):
        left, right = spot.source.text(node.left), spot.source.text(node.comparators[0])
        is_pair = at_node(case, node.comparators[0]) is not None
        text = f"torch.equal({left}, {right})" if is_pair else f"({spot.text}).all()"
        yield 1.3, replaced(spot, node, text), note("whether all are equal")
    else:
        words = ".all()" if isinstance(node.ops[0], ast.Lt | ast.LtE) else ".any()"
        yield 1.5, replaced(spot, node, f"({spot.text}){words}"), ""
        if (tensor := at_node(case, node.left)) is not None and not _is_single(tensor):
            yield 1.55, attached(tensor.spot, ".mean()", 1.55, "reduced", node).change, ""


def _sign(op: ast.cmpop) -> str:
    signs = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
    return signs.get(type(op), "<")


def _by_maker(ambiguous: Ambiguous) -> Iterator[Candidate]:
    """Where the values should have been brought to one: a sum along one dimension only, a loss without reduction."""
    case, given = ambiguous.case, ambiguous.given
    node = given.spot.node
    if isinstance(node, ast.Compare):
        inner = at_node(case, node.left)
        if inner is None or _is_single(inner):
            return
        given = inner
    for step in Chain(sizes_of(case), given.spot).steps:
        maker = step.spot.node
        if step.link not in ("start", "same", "operand") or isinstance(maker, ast.Name):
            continue
        yield from _reduced(case, step.spot, given)
        return


def _reduced(case: Case, spot: Spot, given: Shaped) -> Iterator[Candidate]:
    """A maker with a reduction of all values."""
    node, name = spot.node, call_name(spot.node)
    is_here = any(inner is node for inner in ast.walk(given.spot.node))
    if isinstance(node, ast.Call) and name in REDUCTIONS - {"argmax", "argmin"} and (node.args or node.keywords):
        if isinstance(node.func, ast.Attribute) and sizes_of(case).shape(spot.at(node.func.value, ())) is not None:
            yield (
                1.2,
                replaced(spot, node, f"{spot.text[: spot.text.index('(', len(spot.source.text(node.func)) - 1)]}()"),
                "",
            )
            return
    criterion = sizes_of(case).value(spot.at(node.func, ())) if isinstance(node, ast.Call) else None
    if getattr(criterion, "reduction", "") == "none":
        yield (
            1.3,
            attached(spot, ".mean()", 1.3, "reduced").change,
            note("reduction='none' gives a loss for each value"),
        )
        return
    if not is_here and isinstance(node, ast.Compare | ast.BinOp):
        words: Words = note("{code} gives a value for each", code=" ".join(spot.text.split()))
        yield (
            1.4,
            attached(spot, ".sum()" if isinstance(node, ast.Compare) else ".mean()", 1.4, "reduced").change,
            words,
        )


RULES = (several_values_for_one,)
