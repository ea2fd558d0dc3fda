"""Averages over batches that count a short last batch as much as a full one."""

import ast
from collections.abc import Iterator

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.finding import Finding
from torchwise.rehearsal.reading.unrolled import Deed, Program, place
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.rehearsal.watch.events import Batch, Key
from torchwise.texts import note


def mean_of_means(rehearsed: Rehearsed) -> Iterator[Finding]:
    """The mean over held-out data is the mean of the batches' means, and the last batch is short."""
    program = rehearsed.program
    told: set[ast.AST] = set()
    for deed in program.deeds:
        loop = deed.loops[-1] if deed.loops else None
        added = _added(deed)
        if added is None or not isinstance(loop, ast.For) or program.trains(loop) or deed.node in told:
            continue
        total, value = added
        sizes = _sizes(rehearsed, deed, loop)
        divided = _divided(program, deed, loop, total)
        if sizes is None or divided is None or not _is_mean(program, deed.spot.at(value, ())):
            continue
        told.add(deed.node)
        full, last = sizes
        yield rehearsed.finding(
            "TW754", place(divided),
            note("a mean over batches: the last one, of {last}, counts as much as those of {full}", last=last,
                 full=full),
            why=note("each of its samples weighs {times:.3g} times as much as the others", times=full / last),
            fix=note("{code} in the loop, and divide by the number of samples",
                     code=f"{total} += {ast.unparse(value)} * len(inputs)"),
            mend=None, sure=last * 2 <= full,
        )  # fmt: skip


def _added(deed: Deed) -> tuple[str, ast.expr] | None:
    """`total += value` or `values.append(value)`."""
    node = deed.node
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return ast.unparse(node.target), node.value
    if isinstance(node, ast.Call) and deed.name == "append" and deed.receiver is not None and len(node.args) == 1:
        return deed.receiver.text, node.args[0]
    return None


def _sizes(rehearsed: Rehearsed, deed: Deed, loop: ast.For) -> tuple[int, int] | None:
    """The samples of a full batch and of the last one, of the loader that a loop runs over, where they differ."""
    for batch in rehearsed.record.of(Batch):
        is_here = batch.site.line == loop.iter.lineno and batch.site.file == deed.spot.file
        if is_here and (batch.loader, batch.turn) not in rehearsed.training_passes:
            return _of_loader(rehearsed, batch.loader)
    return None


def _of_loader(rehearsed: Rehearsed, key: Key) -> tuple[int, int] | None:
    loader = rehearsed.record.loader_info[key].held
    size = getattr(loader, "batch_size", None)
    if size is None or loader.drop_last or not hasattr(loader.sampler, "__len__"):
        return None
    last = len(loader.sampler) % size
    return (size, last) if last and len(loader.sampler) > size else None


def _divided(program: Program, deed: Deed, loop: ast.For, total: str) -> Spot | None:
    """Where the sum is divided by the number of batches, or the mean of the list is taken."""
    scope = deed.spot.source.scope_of(deed.node)
    for node in ast.walk(scope):
        if getattr(node, "lineno", 0) <= (loop.end_lineno or 0):
            continue
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            is_sum = left in (total, f"sum({total})")
            if is_sum and (right == f"len({total})" or right == f"len({_looped(loop)})"):
                return deed.spot.at(node, ())
        if isinstance(node, ast.Call) and call_name(node) in ("mean", "fmean") and node.args:
            inner = node.args[0].args[0] if isinstance(node.args[0], ast.Call) and node.args[0].args else node.args[0]
            if ast.unparse(inner) == total:
                return deed.spot.at(node, ())
    return None


def _looped(loop: ast.For) -> str:
    """The loader that a loop runs over, without enumerate or a bar."""
    node: ast.expr = loop.iter
    while isinstance(node, ast.Call) and node.args and call_name(node) in ("enumerate", "tqdm", "track"):
        node = node.args[0]
    return ast.unparse(node)


def _is_mean(program: Program, value: Spot) -> bool:
    """Whether a value is the mean over a batch: of a loss with its usual reduction, or of .mean()."""
    for _ in range(12):
        node = value.node
        if isinstance(node, ast.Call) and call_name(node) in ("item", "detach", "cpu", "tolist", "float", "numpy"):
            is_function = isinstance(node.func, ast.Name) and bool(node.args)
            inner = node.args[0] if is_function else getattr(node.func, "value", None)
            if inner is None:
                return False
            value = value.at(inner, ())
        elif (before := program.flow.before(value)) is not None:
            value = before
        else:
            break
    node = value.node
    return isinstance(node, ast.Call) and (call_name(node) == "mean" or _is_loss(program, value))


def _is_loss(program: Program, value: Spot) -> bool:
    """Whether a call is one of torch's losses, reduced to its mean."""
    import torch

    assert isinstance(value.node, ast.Call), "a loss is called"
    name = call_name(value.node)
    if isinstance(value.node.func, ast.Attribute) and callable(getattr(torch.nn.functional, name, None)):
        is_loss = "loss" in name or "entropy" in name
        return is_loss and keyword_of(value.node, "reduction") is None
    made = program.flow.born(value.at(value.node.func, ()))
    if not isinstance(made.node, ast.Call):
        return False
    return call_name(made.node).endswith("Loss") and keyword_of(made.node, "reduction") is None and hasattr(
        torch.nn, call_name(made.node)
    )  # fmt: skip


RULES = (mean_of_means,)
