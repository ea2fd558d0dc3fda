"""Batch norm in train mode with a single value for each channel."""

import ast
from collections.abc import Iterator
from math import prod
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from torchwise.doctor.case import Case
from torchwise.doctor.evaluate import Evaluator
from torchwise.doctor.frames import Frame
from torchwise.doctor.layers import Change, rewritten
from torchwise.doctor.layerwise.expressions import whole_call
from torchwise.doctor.retracing.retrace import Retrace
from torchwise.doctor.retracing.steps import Failing
from torchwise.doctor.shapes import root_frame, shape_of
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.values import shape_text
from torchwise.finding import Finding, Mend, Words
from torchwise.texts import note

GRADLESS = {"no_grad", "inference_mode"}
JUDGING = (
    "eval",
    "valid",
    "test",
    "predict",
    "infer",
    "score",
    "accuracy",
    "sample",
    "generate",
    "act",
    "demo",
    "plot",
)
BETTER_BATCH = 8


def one_value_per_channel(case: Case) -> Iterator[Finding]:
    """TW220: from one value there is no variance."""
    layer, given = case.layer, case.layer_input
    if not isinstance(given, Tensor) or given.dim() < 2 or not isinstance(layer, _BatchNorm | _InstanceNorm):
        return
    shape = shape_of(given)
    what = note("{layer} gets one value for each channel, {shape}", layer=type(layer).__name__, shape=shape_text(shape))
    if isinstance(layer, _InstanceNorm):
        if prod(shape[2:]) == 1 and "more than 1" in case.text:
            yield _instance_norm(case, layer, what, shape)
        return
    if shape[0] * prod(shape[2:]) != 1 or not layer.training:
        return
    judging = judging_frame(case)
    if judging is not None:
        yield _eval_missing(case, judging, what)
        return
    found = _loader(case)
    if found is None:
        yield from _without_loader(case, what)
        return
    frame, node, loader = found
    yield _of_loader(case, frame, node, loader, what)


def _instance_norm(case: Case, layer: nn.Module, what: Words, shape: tuple[int, ...]) -> Finding:
    """Instance norm looks at each sample alone: maps of 1 x 1 leave it nothing."""
    why = note("it takes mean and variance over the {size} map of each sample and channel: one value has no variance",
               size=" x ".join(map(str, shape[2:])))  # fmt: skip
    site = case.site_of(layer)
    return case.finding(
        "TW220", what, why=why, fix=note("leave it out where the maps are 1 x 1, or make them larger"), mend=site
    )


def judging_frame(case: Case) -> Frame | None:
    """The user's frame that evaluates or predicts: without gradients, or by its name."""
    root = root_frame(case)
    frames = case.user[: case.user.index(root) + 1] if root in case.user else case.user
    for frame in reversed(frames):
        if _gradless(frame) is not None or any(word in frame.function.lower() for word in JUDGING):
            return frame
    return None


def _gradless(frame: Frame) -> ast.With | ast.FunctionDef | None:
    """The `with torch.no_grad():` around a frame's expression, or the function that is decorated so."""
    if frame.source is None or frame.node is None:
        return None
    here = frame.source.parents.get(frame.node)
    while here is not None:
        if isinstance(here, ast.With) and any(call_name(item.context_expr) in GRADLESS for item in here.items):
            return here
        if isinstance(here, ast.FunctionDef):
            return here if any(call_name(item) in GRADLESS for item in here.decorator_list) else None
        here = frame.source.parents.get(here)
    return None


def _model_name(case: Case) -> str:
    """How the model is called in the code of the outermost call: model, self.net."""
    root = root_frame(case)
    node = root.node if root is not None else None
    if isinstance(node, ast.Call):
        return ast.unparse(node.func)
    return "model"


def _eval_missing(case: Case, frame: Frame, what: Words) -> Finding:
    """The model was left in train mode."""
    name = _model_name(case)
    why = note("in train mode batch norm takes the variance from the batch; for predictions it must use the stored one")
    source = frame.source
    assert source is not None, "the user's frames have a source"
    trained = [
        node for node in ast.walk(frame.scope or source.tree)
        if isinstance(node, ast.Call) and call_name(node) == "train" and not node.args and not node.keywords
        and node.lineno <= frame.line
    ]  # fmt: skip
    if trained and isinstance(trained[-1].func, ast.Attribute):
        spot = case.spot(trained[-1], frame)
        change = whole_call(spot, f"{source.text(trained[-1].func.value)}.eval()")
        return case.finding("TW220", what, why=why, fix=change.text, mend=change.mend)
    around = _gradless(frame)
    line = around.lineno if isinstance(around, ast.With) else _first_line(frame)
    return case.finding("TW220", what, why=why, fix=f"{name}.eval()", mend=Mend(file=frame.file, line=line))


def _first_line(frame: Frame) -> int:
    """The loop around the call, or the call itself: what `eval()` has to come before."""
    assert frame.source is not None, "the user's frames have a source"
    here: ast.AST | None = frame.source.statement_of(frame.node) if frame.node is not None else None
    line = frame.line
    while here is not None and not isinstance(here, ast.FunctionDef | ast.Module):
        if isinstance(here, ast.For | ast.While):
            line = here.lineno
        here = frame.source.parents.get(here)
    return line


def _loader(case: Case) -> tuple[Frame, ast.expr, Any] | None:
    """The loop over a DataLoader that was under way: its frame, the expression of the loader, and the loader."""
    from torch.utils.data import DataLoader

    for frame in reversed(case.user):
        here = frame.node
        while here is not None and frame.source is not None:
            if isinstance(here, ast.For):
                for node in ast.walk(here.iter):
                    value = (
                        Evaluator(frame).value(node)
                        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
                        else None
                    )
                    if isinstance(value, DataLoader):
                        return frame, node, value  # type: ignore[return-value]
            here = frame.source.parents.get(here)
    return None


def _of_loader(case: Case, frame: Frame, node: ast.expr, loader: Any, what: Words) -> Finding:
    """The last batch of a loader, or a loader of single samples."""
    made = case.flow.born(case.spot(node, frame))
    count, size = _length(case, loader.dataset), loader.batch_size
    if size == 1:
        given = keyword_of(made.node, "batch_size") if isinstance(made.node, ast.Call) else None
        why: Words = note("each batch has one sample; its mean is the value itself, its variance 0")
        if given is None:
            return case.finding("TW220", what, why=why, fix=f"batch_size={BETTER_BATCH}", mend=made)
        born = case.flow.born(made.at(given, ()))
        place = born if isinstance(born.node, ast.Constant) else made.at(given, ())
        change = rewritten(place, place.node, str(BETTER_BATCH))
        return case.finding("TW220", what, why=why, fix=change.text, mend=change.mend)
    why = note("the samples in batches of {size} leave a last batch of one", size=size)
    if count:
        why = note("{count} samples in batches of {size} leave a last batch of one", count=count, size=size)
    dropped = _drop_last(made)
    fix: Words = dropped.text if dropped is not None else "drop_last=True"
    return case.finding("TW220", what, why=why, fix=fix, mend=dropped.mend if dropped is not None else made)


def _drop_last(made: Spot) -> Change | None:
    """DataLoader(..., drop_last=True)."""
    if not isinstance(made.node, ast.Call):
        return None
    if (given := keyword_of(made.node, "drop_last")) is not None:
        return rewritten(made, given, "True")
    text = made.source.text(made.node)
    begin = text.rstrip()[:-1].rstrip().rstrip(",")
    return whole_call(made, f"{begin}, drop_last=True)")


def _length(case: Case, data: Any) -> int | None:
    """How many samples a data set has; the user's `__len__` is interpreted, not called."""
    root = root_frame(case)
    if type(data).__module__.startswith("torch.") or isinstance(data, list | tuple | Tensor):
        inner = getattr(data, "dataset", None)
        if inner is not None and hasattr(data, "indices"):
            return len(data.indices)
        tensors = getattr(data, "tensors", None)
        return len(tensors[0]) if tensors else len(data) if isinstance(data, list | tuple | Tensor) else None
    if root is None or root.node is None:
        return None
    retrace = Retrace(case.user, root, case.flow.spot(root, root.node), Failing(None, None, None))
    try:
        value = retrace.apply(type(data).__len__, [data], {})
    except Exception:  # a length that is computed by what is not known
        return None
    return value if isinstance(value, int) else None


def _without_loader(case: Case, what: Words) -> Iterator[Finding]:
    """One sample outside of a loader: batches cut by hand, or a single prediction in train mode."""
    root = root_frame(case)
    if root is None or root.source is None or root.node is None:
        return
    why: Words = note("from one sample there is no variance of a channel")
    here: ast.AST | None = root.node
    while here is not None and not isinstance(here, ast.FunctionDef):
        if isinstance(here, ast.For) and any(
            call_name(item) in ("range", "split", "chunk") for item in ast.walk(here.iter)
        ):
            spot = case.spot(here.iter, root)
            yield case.finding("TW220", what, why=why, fix=note("leave a last batch of one sample out"), mend=spot)
            return
        here = root.source.parents.get(here)
    yield case.finding(
        "TW220", what, why=why, fix=f"{_model_name(case)}.eval()", mend=Mend(file=root.file, line=root.line)
    )


RULES = (one_value_per_channel,)
