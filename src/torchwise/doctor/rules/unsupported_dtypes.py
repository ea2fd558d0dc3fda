"""Dtypes for which an operation isn't defined: bool, complex, the unsigned ones; gradients of integers."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor

from torchwise.doctor.births.asking import cast_findings
from torchwise.doctor.births.tracer import since, tracer, user_spot
from torchwise.doctor.births.words import FLOATS, HALVES, dtype_of_value, named
from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operand
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding
from torchwise.texts import note

NOT_SUPPORTED = re.compile(
    r"not implemented for|not supported|[Cc]omplex|Unsupported dtype|real scalar outputs|without overflow", re.S
)
UNSIGNED = {"uint16", "uint32", "uint64"}


def subtraction_of_booleans(case: Case) -> Iterator[Finding]:
    """TW412: `1 - mask`, `a - b`, `-mask` of boolean tensors or arrays."""
    operation = case.operation
    if operation is None or not re.search(r"\b(?:bool|boolean)\b", case.text) or "`-`" not in case.text:
        return
    bools = [o for o in operation.operands if dtype_of_value(o.value) == "bool"]
    if not bools or bools[0].node is None:
        return
    spot = case.spot(operation.node)
    name = " ".join(bools[0].text.split())
    what = note("{code}: {name} is bool, and booleans are not subtracted", code=" ".join(spot.text.split()), name=name)
    if len(bools) == 2:
        texts = [_grouped(o) for o in operation.operands]
        cast = ".astype(int)" if type(bools[0].value).__module__ == "numpy" else ".float()"
        change = replaced(spot, spot.node, f"{texts[0]}{cast} - {texts[1]}{cast}")
    else:
        change = replaced(spot, spot.node, f"~{_grouped(bools[0])}")
    why = note("~ inverts a boolean mask; to compute with zeros and ones it must be cast first, as by .float()")
    yield case.finding("TW412", what, why=why, fix=change.text, mend=change.mend)


def _grouped(operand: Operand) -> str:
    simple = isinstance(operand.node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return operand.text if simple else operand.text if operand.text.startswith("(") else f"({operand.text})"


def dtype_is_not_supported(case: Case) -> Iterator[Finding]:
    """TW412: complex or unsigned values; TW406: a half-precision value in an operation that has no such version."""
    operation = case.operation
    if operation is None or not NOT_SUPPORTED.search(case.text):
        return
    values = [(o.value, o) for o in operation.operands if isinstance(o.value, Tensor) and o.node is not None]
    odd = next(
        (
            (value, o)
            for value, o in values
            if value.is_complex()
            or named(value.dtype) in UNSIGNED | (HALVES if "not implemented" in case.text else set())
        ),
        None,
    )
    inner = case.layer_input
    if (
        odd is None
        and isinstance(inner, Tensor)
        and inner.is_complex()
        and (spot := user_spot(case, inner)) is not None
    ):
        odd = (inner, Operand(spot.text, inner, spot.node))
    if odd is None or odd[1].node is None:
        yield from _of_bool(case)
        return
    value, operand = odd
    assert operand.node is not None, "checked above"
    given, spot = named(value.dtype), case.spot(operand.node)
    what = note("{operation} is not defined for {given}, which {name} is",
                operation=operation.name, given=given, name=" ".join(operand.text.split()))  # fmt: skip
    if value.is_complex():
        yield from _of_complex(case, spot, given)
    elif given in HALVES:
        why = note("not every operation has a version for {given} on this device", given=given)
        yield from cast_findings(case, "TW406", what, why, spot, (given, "float32"), value, at_line=True)
    else:
        why = note("the unsigned dtypes above 8 bits can be stored, but hardly be computed with")
        yield from _signed(case, what, why, spot, given)


def _of_bool(case: Case) -> Iterator[Finding]:
    """A product of booleans and other operations that have no boolean version."""
    operation = case.operation
    assert operation is not None, "checked by the caller"
    if "not implemented for 'Bool'" not in case.text and "Bool type" not in case.text:
        return
    odd = next((o for o in operation.operands if dtype_of_value(o.value) == "bool" and o.node is not None), None)
    if odd is None or odd.node is None or case.layer is not None:
        return
    what = note("{operation} is not defined for bool, which {name} is", operation=operation.name, name=odd.text)
    why = note("true and false must be turned into numbers before they are computed with")
    yield from cast_findings(
        case, "TW412", what, why, case.spot(odd.node), ("bool", "float32"), odd.value, at_line=True
    )


def _signed(case: Case, what: object, why: object, spot: Spot, given: str) -> Iterator[Finding]:
    """An array of NumPy's in a dtype that tensors hardly have: cast before it becomes a tensor."""
    way = tracer(case).way_of_dtype(spot, given)
    for step in way:
        node = step.node
        if isinstance(node, ast.Call) and call_name(node) in ("from_numpy", "tensor", "as_tensor") and node.args:
            text = step.spot.source.text(node.args[0])
            change = replaced(step.spot, node.args[0], f"{text}.astype(np.int32)")
            yield case.finding("TW412", what, why=why, fix=change.text, mend=change.mend)  # type: ignore[arg-type]
            return
    yield from cast_findings(case, "TW412", what, why, spot, (given, "int32"))  # type: ignore[arg-type]


def _of_complex(case: Case, spot: Spot, given: str) -> Iterator[Finding]:
    """A complex tensor: real numbers are made of it where it comes from, mostly an FFT."""
    operation = case.operation
    birth = tracer(case).way_of_dtype(spot, given).birth
    what = note("{name} is complex ({given}), and {operation} is defined for real numbers only",
                name=" ".join(spot.text.split()), given=given, operation=operation.name if operation else "")  # fmt: skip
    why = note("complex numbers have no order and no real loss: their size is .abs(), their real part .real")
    change = replaced(birth, birth.node, f"{birth.text}.abs()")
    told = since(change, given) if change.mend.line != case.where.line else ""
    yield case.finding("TW412", what, why=sentences(why, told), fix=change.text, mend=change.mend)


def complex_loss(case: Case) -> Iterator[Finding]:
    """TW412: backward from a complex number."""
    operation = case.operation
    if operation is None or call_name(operation.node) not in ("backward", "grad") or "real scalar" not in case.text:
        return
    first = operation.operands[0] if operation.operands else None
    if first is not None and isinstance(first.value, Tensor) and first.value.is_complex() and first.node is not None:
        yield from _of_complex(case, case.spot(first.node), named(first.value.dtype))


def gradient_of_integers(case: Case) -> Iterator[Finding]:
    """TW413: requires_grad, or nn.Parameter, of an integer tensor."""
    if not re.search(r"require\w* (?:a )?grad", case.text) or "loating point" not in case.text or case.frame is None:
        return
    found = _made_to_learn(case)
    if found is None:
        return
    spot, given = found
    what = note("a gradient is asked for {name}, which is {given}", name=" ".join(spot.text.split()), given=given)
    why = note("a gradient belongs to values that can change a little: only float (and complex) tensors have one")
    value = tracer(case).value(spot)
    yield from cast_findings(case, "TW413", what, why, spot, (given, "float32"), value)


def _made_to_learn(case: Case) -> tuple[Spot, str] | None:
    """The integer tensor, and its dtype."""
    assert case.frame is not None and case.frame.source is not None, "checked by the caller"
    operation, trace = case.operation, tracer(case)
    if operation is None:
        return None
    node = operation.node
    if isinstance(node, ast.Call) and call_name(node) not in ("Parameter", "requires_grad_", "register_parameter"):
        if keyword_of(node, "requires_grad") is None:
            return None
        return case.spot(node), trace.dtypes.of(case.spot(node)) or "int64"
    inner: ast.expr | None = None
    if isinstance(node, ast.Call):
        is_method = call_name(node) == "requires_grad_" and isinstance(node.func, ast.Attribute)
        inner = node.func.value if is_method and isinstance(node.func, ast.Attribute) else next(iter(node.args), None)
    else:
        statement = case.frame.source.statement_of(node)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
            inner = statement.targets[0].value
    if inner is None:
        return None
    dtype = trace.dtypes.of(case.spot(inner))
    return (case.spot(inner), dtype) if dtype not in FLOATS else None


RULES = (subtraction_of_booleans, complex_loss, gradient_of_integers, dtype_is_not_supported)
