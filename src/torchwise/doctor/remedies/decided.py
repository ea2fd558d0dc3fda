"""What may be meant where one value is needed and there are several."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.chains import Chain
from torchwise.doctor.tracing.fitting import attached
from torchwise.doctor.tracing.operands import Shaped, at_node, sizes_of
from torchwise.doctor.tracing.passing import REDUCTIONS
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.finding import Mend, Words
from torchwise.texts import note

COMPARING = {"max", "min", "sorted", "all", "any", "bool", "sum", "index", "count", "remove"}


OF_MATH = {"sqrt", "log", "exp", "pow", "isnan", "isinf", "floor", "ceil", "sin", "cos", "tanh", "log2", "log10"}


@dataclass(frozen=True, eq=False)
class Ambiguous:
    """The expression that would have to be one number or one truth."""

    case: Case
    node: ast.AST
    given: Shaped
    is_truth: bool


def is_single(given: Shaped) -> bool:
    """Whether a tensor has one value."""
    return all(size == 1 for size in given.shape)


def candidates(ambiguous: Ambiguous) -> Iterator[Candidate]:
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
        if (tensor := at_node(case, node.left)) is not None and not is_single(tensor):
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
        if inner is None or is_single(inner):
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
        function = spot.source.text(node.func)
        if isinstance(node.func, ast.Attribute) and sizes_of(case).shape(spot.at(node.func.value, ())) is not None:
            yield 1.2, replaced(spot, node, f"{function}()"), note("without dim it is one value")
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
