"""One operation whose result is far larger than what it is made from."""

import ast
import re
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.memory.asked import Asked, size_text
from torchwise.doctor.memory.evaluation import is_evaluation
from torchwise.doctor.memory.results import Result, result_of
from torchwise.doctor.operation import Operand
from torchwise.doctor.past.writing import code_of, replaced
from torchwise.doctor.shapes import root_frame
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.values import dtype_name, product_text, shape_text
from torchwise.finding import Finding, Words
from torchwise.texts import both, note

FACTOR = 8  # times the largest operand
LEAST = 64 * 2**20
WHOLE = 1000  # rows: as many are no batch
PAIRING = {
    "sub", "add", "mul", "matmul", "cdist", "compare", "bmm", "mm", "einsum", "cosine_similarity", "outer", "where",
}  # fmt: skip
LAYERS = ("linear", "conv", "embedding", "unfold", "backward", "lstm", "gru", "rnn")
BATCHING = re.compile(r"batch|next|split|chunk|sample|loader|iter", re.I)


def giant_result(case: Case, said: Asked) -> Iterator[Finding]:
    """TW304: an accidental giant: N x N by broadcasting, all pairs, one-hot, attention, the whole data set at once."""
    result = result_of(case)
    pair = _loss_pair(case)
    if pair is not None and (found := _of_pair(case, *pair)) is not None:
        yield found
        return
    is_giant = result is not None and result.size >= LEAST and result.size >= FACTOR * max(result.given, 1)
    if is_giant and result is not None and result.operands and _is_single(case):
        yield _giant(case, result)
        return
    yield from _whole_data(case, said)


def _is_single(case: Case) -> bool:
    """Whether the line is one operation; a layer's result grows with the batch, that is another matter."""
    operation = case.operation
    if operation is None or isinstance(operation.callee, nn.Module):
        return False
    return not operation.name.startswith(LAYERS)


def _loss_pair(case: Case) -> tuple[Operand, Operand] | None:
    """The output and target of a loss, or the two sides of an operator."""
    tensors = [operand for operand in case.tensors() if operand.node is not None]
    return (tensors[0], tensors[1]) if len(tensors) == 2 else None


def _of_pair(case: Case, one: Operand, other: Operand) -> Finding | None:
    """(N, 1) against (N,): every one meets every other."""
    for column, row in ((one, other), (other, one)):
        a, b = tuple(column.value.shape), tuple(row.value.shape)
        if len(a) == len(b) + 1 and a[-1] == 1 and a[:-1] == b and b and b[-1] > 1 and column.node is not None:
            size = a[-2] * b[-1]
            whole = (*b[:-1], a[-2], b[-1]) if len(b) > 1 else (a[-2], b[-1])
            count = size * column.value.element_size() * (1 if len(b) == 1 else b[0])
            what = note(
                "{left} {left_shape} against {right} {right_shape} makes {shape}: {size}",
                left=column.text, left_shape=shape_text(a), right=row.text, right_shape=shape_text(b),
                shape=shape_text(whole), size=size_text(count),
            )  # fmt: skip
            why = note("broadcasting pairs every row of the one with every value of the other")
            spot = case.spot(column.node)
            change = replaced(spot, column.node, f"{code_of(spot)}.squeeze(-1)")
            return case.finding("TW304", what, why=why, fix=_line_with(spot, str(change.text)), mend=change.mend)
    return None


def _line_with(spot: Spot, new: str) -> str:
    """The operation with one operand replaced."""
    parent = spot.source.parents.get(spot.node)
    text = spot.source.text(parent) if isinstance(parent, ast.BinOp | ast.Call) else ""
    old = spot.source.text(spot.node)
    return text.replace(old, new, 1) if text.count(old) == 1 and "\n" not in text else new


def _giant(case: Case, result: Result) -> Finding:
    """All pairs, one-hot, attention: said by what the operation is."""
    assert case.frame is not None and case.operation is not None, "there is a result"
    shape = tuple(result.tensor.shape)
    code = " ".join(case.frame.text.split())
    what = note(
        "{code} makes {shape} {dtype}: {size}", code=code if len(code) <= 60 else code[:57] + "...",
        shape=shape_text(shape), dtype=dtype_name(result.tensor.dtype), size=size_text(result.size),
    )  # fmt: skip
    product = product_text([*shape, result.tensor.element_size()])
    made = both([shape_text(operand.value.shape) for operand in result.operands[:2]])
    why = note("{product} bytes, from {made}", product=product, made=made)
    return case.finding("TW304", what, why=why, fix=_smaller(case, result, shape))


def _smaller(case: Case, result: Result, shape: tuple[int, ...]) -> Words:
    """What to do in its place."""
    assert case.operation is not None, "there is a result"
    if case.operation.name == "one_hot":
        return note("nn.Embedding takes the ids themselves, and F.cross_entropy too: no one-hot is needed")
    if _is_attention(case, shape):
        return note(
            "F.scaled_dot_product_attention(q, k, v), which never makes the whole matrix; or sequences shorter than "
            "{length}", length=shape[-1],
        )  # fmt: skip
    if len(shape) >= 2 and case.operation.name in PAIRING:
        return note("in blocks of rows: for part in {name}.split(1024): ...", name=result.operands[0].text)
    return note("in parts, or with smaller sizes")


def _is_attention(case: Case, shape: tuple[int, ...]) -> bool:
    """Whether a result looks like the scores of an attention."""
    inner = any("attention" in frame.function for frame in case.inner)
    return inner or (len(shape) >= 3 and shape[-1] == shape[-2] and case.operation is not None
                     and case.operation.name in ("matmul", "bmm", "einsum", "softmax", "div"))  # fmt: skip


def _whole_data(case: Case, said: Asked) -> Iterator[Finding]:
    """The whole data set goes through the model in one piece."""
    frame = root_frame(case)
    if frame is None or frame.source is None or not isinstance(frame.node, ast.Call) or not frame.node.args:
        return
    spot = case.flow.spot(frame, frame.node)
    argument = frame.node.args[0]
    value = spot.at(argument, ()).value()
    if (
        not isinstance(value, Tensor)
        or value.dim() < 1
        or value.shape[0] < WHOLE
        or _is_part(case, spot.at(argument, ()))
    ):
        return
    name = spot.source.text(argument)
    what = note(
        "all {count} samples of {name} {shape} go through the model at once", count=value.shape[0], name=name,
        shape=shape_text(value.shape),
    )  # fmt: skip
    why = note("the activations of all of them are needed at the same time; {size} more were asked for",
               size=size_text(said.request or 0))  # fmt: skip
    call = spot.source.text(frame.node)
    if is_evaluation(case):
        inner = call.replace(name, "part", 1)
        change = replaced(spot, frame.node, f"torch.cat([{inner} for part in {name}.split(256)])")
        yield case.finding("TW304", what, why=why, fix=change.text, mend=change.mend)
        return
    fix = note("train on batches: for part in {name}.split(256), or a DataLoader", name=name)
    yield case.finding("TW304", what, why=why, fix=fix, mend=spot)


def _is_part(case: Case, spot: Spot) -> bool:
    """Whether a tensor is a batch: an element of a loop, a slice, or what a sampler gave."""
    for step in case.flow.trail(spot):
        node = step.node
        if isinstance(node, ast.Subscript):
            return True
        if isinstance(node, ast.Name):
            found = binding_of(step.source, node.id, node)
            if found is not None and found[0].kind == "element":
                return True
        if isinstance(node, ast.Call) and BATCHING.search(call_name(node)):
            return True
        if isinstance(node, ast.Call) and any(
            isinstance(item, ast.Name) and BATCHING.search(item.id) for item in ast.walk(node)
        ):  # fmt: skip
            return True
    return False
