"""Operations on tensors whose dtypes don't go together, or that need fractions."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.births.asking import cast_findings
from torchwise.doctor.births.loss import loss_of
from torchwise.doctor.births.tracer import tracer
from torchwise.doctor.births.words import FLOATS, HALVES, INTEGERS, named
from torchwise.doctor.case import Case
from torchwise.doctor.operation import Operand
from torchwise.doctor.rules.layer_dtypes import ABOUT_DTYPES, FUNCTIONS, code_of, why_of
from torchwise.doctor.spots import Spot
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

FRACTIONS = {
    "mean", "std", "var", "std_mean", "var_mean", "softmax", "log_softmax", "norm", "normalize", "quantile", "cdist",
    "nanmean", "nanquantile", "cosine_similarity", "softmin", "vector_norm", "matrix_norm", "layer_norm", "logsumexp",
    "corrcoef", "cov", "gumbel_softmax", "adaptive_avg_pool2d", "adaptive_avg_pool1d", "pairwise_distance", "renorm",
}  # fmt: skip
NEEDS_FLOATS = re.compile(
    r"floating|float or double|could not infer output dtype|not implemented for '(?:Long|Int|Short|Byte|Char|Bool)'"
    r"|result type Float can't be cast",
    re.I,
)
COUNTED = re.compile(r"label|target|len|count|idx|ind(?:ex|ices)|\bids?\b|correct|hit|match|==|^y\b|pred|\beq\(", re.I)
WRITING = {
    "index_put_", "index_put", "index_add_", "index_add", "scatter_", "scatter", "scatter_add_", "scatter_add",
    "index_copy_", "setitem", "masked_scatter", "masked_scatter_", "scatter_reduce_", "scatter_reduce", "assign", "augassign",
}  # fmt: skip
ORDER = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "bfloat16",
    "float64",
    "float32",
]  # odd ones first


def fractions_of_integers(case: Case) -> Iterator[Finding]:
    """TW408: a mean, a deviation, a softmax of integers; TW402: other functions that need floats."""
    operation = case.operation
    if operation is None or case.layer is not None or not NEEDS_FLOATS.search(case.text) or loss_of(case) is not None:
        return
    if isinstance(operation.node, ast.BinOp | ast.AugAssign | ast.Subscript) or operation.name.endswith("_"):
        return
    odd = next((o for o in _tensors(case) if named(o.value.dtype) in INTEGERS | {"bool"}), None)
    if odd is None or odd.node is None:
        return
    given = named(odd.value.dtype)
    spot = case.spot(odd.node)
    what = note("{operation} of {name}, which is {given}: it needs floats",
                operation=operation.name, name=" ".join(odd.text.split()), given=given)  # fmt: skip
    why = note("{operation} gives fractions, and no float dtype is chosen for {given} by itself",
               operation=operation.name, given=given)  # fmt: skip
    code = "TW408" if operation.name in FRACTIONS or "softmax" in case.text else "TW402"
    at_line = given == "bool" or (operation.name in ("mean", "std", "var", "norm") and bool(COUNTED.search(odd.text)))
    yield from cast_findings(case, code, what, why, spot, (given, "float32"), odd.value, at_line=at_line)


def tensors_of_different_dtypes(case: Case) -> Iterator[Finding]:
    """TW409: a product or a write by index of tensors of different dtypes; as TW401, TW402, TW406 for layers' functions."""
    operation = case.operation
    if operation is None or case.layer is not None or not ABOUT_DTYPES.search(case.text) or loss_of(case) is not None:
        return
    if re.search(r"result type|index tensor|for index|boolean|not implemented for", case.text):
        return
    tensors = [o for o in _tensors(case) if o.node is not None and not _is_index(operation.name, o)]
    kinds = [named(o.value.dtype) for o in tensors]
    if len(set(kinds)) < 2 or any(kind not in ORDER for kind in kinds):
        return
    odd, other = _odd_one(operation.name, tensors)
    given, wanted = named(odd.value.dtype), named(other.value.dtype)
    code = "TW409"
    if operation.name in FUNCTIONS and any(isinstance(o.value, nn.Parameter) for o in tensors):
        code = code_of(given, wanted)
    what = note("{name} is {given}, {other} is {wanted}", name=" ".join(odd.text.split()), given=given,
                other=" ".join(other.text.split()), wanted=wanted)  # fmt: skip
    if code == "TW409":
        why: Words = note("{operation} computes in one dtype and converts neither operand", operation=operation.name)
    else:
        why = why_of(code, given, wanted)
    assert odd.node is not None, "kept only with a node"
    at_line = operation.name in WRITING and odd is not tensors[0] and given in HALVES
    yield from cast_findings(case, code, what, why, case.spot(odd.node), (given, wanted), odd.value, at_line=at_line)


def _tensors(case: Case) -> list[Operand]:
    """The operands of the line that are tensors; those in a list too, and what a statement writes."""
    operation = case.operation
    assert operation is not None, "asked for an operation"
    found: list[Operand] = []
    for operand in operation.operands:
        if isinstance(operand.value, Tensor):
            found.append(operand)
        elif isinstance(operand.node, ast.List | ast.Tuple):
            found += _evaluated(case, list(operand.node.elts))
        elif operand.value is None and isinstance(operand.node, ast.expr):
            found += _evaluated(case, [operand.node])
    statement = _assignment(case)
    if statement is not None:
        target = statement.targets[0]
        assert isinstance(target, ast.Subscript), "chosen so"
        return _evaluated(case, [target.value, statement.value])
    return found


def _assignment(case: Case) -> ast.Assign | None:
    """`x[index] = value`, if that is the failing line."""
    node = case.frame.node if case.frame is not None else None
    if node is None or case.frame is None or case.frame.source is None:
        return None
    statement = case.frame.source.statement_of(node)
    is_write = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript)
    return (
        statement
        if is_write and isinstance(statement, ast.Assign) and node in (statement, statement.targets[0])
        else None
    )


def _evaluated(case: Case, nodes: list[ast.expr]) -> list[Operand]:
    found = []
    for node in nodes:
        spot = case.spot(node)
        value = tracer(case).value(spot)
        if isinstance(value, Tensor):
            found.append(Operand(" ".join(spot.text.split()), value, node))
    return found


def _is_index(name: str, operand: Operand) -> bool:
    """Whether an operand is the index of a write."""
    if name not in WRITING or name in ("setitem", "assign"):
        return False
    return operand.keyword == "index" or (isinstance(operand.value, Tensor) and named(operand.value.dtype) == "int64"
                                          and ("ind" in operand.text or "idx" in operand.text))  # fmt: skip


def _odd_one(name: str, tensors: list[Operand]) -> tuple[Operand, Operand]:
    """The operand to be cast, and one with the dtype that it should have."""
    ranked = sorted(tensors, key=lambda o: ORDER.index(named(o.value.dtype)))
    if name in WRITING and named(tensors[0].value.dtype) in FLOATS:
        source = next((o for o in reversed(tensors) if o.value.dtype != tensors[0].value.dtype), ranked[0])
        both = {named(source.value.dtype), named(tensors[0].value.dtype)}
        if both != {"float32", "float64"} or named(source.value.dtype) == "float64":
            return source, tensors[0]
    return ranked[0], ranked[-1]


def in_place_result_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW410: a result in floats is written into an integer tensor."""
    operation = case.operation
    if operation is None or not re.search(r"result type .* cast|[Cc]annot cast ufunc|desired output type", case.text):
        return
    is_in_place = isinstance(operation.node, ast.AugAssign) or (operation.is_method and operation.name.endswith("_"))
    out = operation.named("out")
    if loss_of(case) is not None or not (is_in_place or out is not None):
        return
    left = out or operation.operands[0]
    if not isinstance(left.node, ast.AST) or not hasattr(left.value, "dtype"):
        return
    base = left.node.value if isinstance(left.node, ast.Subscript) else left.node
    spot = case.spot(base)
    given = named(left.value.dtype)
    right = operation.operands[1] if len(operation.operands) > 1 else None
    added = named(right.value.dtype) if right is not None and hasattr(right.value, "dtype") else "float32"
    what = note("{name} is {given} and can't hold the {added} result", name=left.text, given=given, added=added)
    why = note("an in-place operation keeps the dtype of the tensor that it writes into")
    written = _written_out(operation.node, spot, right)
    birth = tracer(case).way_of_dtype(spot, given).birth
    is_near = birth.frame is spot.frame and given != "uint8" and isinstance(birth.node, ast.Call)
    if written is not None and not is_near:
        line = case.spot(operation.node)
        mend = Mend(file=line.file, line=line.line, old=line.text, new=written)
        yield case.finding("TW410", what, why=why, fix=written, mend=mend)
        return
    to = added if added in FLOATS else "float32"
    yield from cast_findings(case, "TW410", what, why, spot, (given, to), None)


def _written_out(node: ast.AST, spot: Spot, right: Operand | None) -> str | None:
    """Image = image / 255: an in-place operation of a name with a number, written out."""
    if not isinstance(node, ast.AugAssign) or not isinstance(node.target, ast.Name) or right is None:
        return None
    if not isinstance(right.value, int | float):
        return None
    sign = {ast.Div: "/", ast.Mult: "*", ast.Add: "+", ast.Sub: "-", ast.Pow: "**"}.get(type(node.op))
    return f"{spot.text} = {spot.text} {sign} {right.text}" if sign else None


RULES = (fractions_of_integers, in_place_result_does_not_fit, tensors_of_different_dtypes)
