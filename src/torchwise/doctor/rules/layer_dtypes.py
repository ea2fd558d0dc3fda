"""Layers whose input has another dtype than their weights."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.births.casts import is_creator
from torchwise.doctor.births.choosing import is_of_data_set
from torchwise.doctor.births.modules import casts_of, in_plain_list, left_in_list, odd_part, undone
from torchwise.doctor.births.tracer import since, tracer, user_spot, weight_of
from torchwise.doctor.births.words import FLOATS, HALVES, INTEGERS, named, torch_name
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.objects.transformless import transform_left_out
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding, Words
from torchwise.texts import note

ABOUT_DTYPES = re.compile(
    r"dtype|scalar type|not implemented for '|Input type|should be the same|\.\w*Tensor\b|mixed dtype|same type"
    r"|must have the type|Found dtype|result type|data type|to be of type|promotion",
    re.I,
)
FUNCTIONS = {
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "layer_norm", "batch_norm",
    "group_norm", "bilinear", "instance_norm", "multi_head_attention_forward",
}  # fmt: skip


def layer_gets_other_dtype(case: Case) -> Iterator[Finding]:
    """TW401 float64, TW402 integers, TW406 half precision, TW412 complex numbers: not the dtype of the layer's weights."""
    if not isinstance(case.error, RuntimeError | ValueError | TypeError) or not ABOUT_DTYPES.search(case.text):
        return
    layer = case.layer
    if (
        layer is None
        or isinstance(layer, nn.Embedding | nn.EmbeddingBag | nn.modules.loss._Loss)
        or case.layer_frame is None
    ):
        return
    weight = weight_of(layer)
    given = [value for name, value in case.layer_frame.arguments().items() if name not in ("self", "target")]
    tensors = [tensor for value in given for tensor in _tensors(value)]
    if weight is None:
        yield from _without_weights(case, layer, tensors)
        return
    odd = next((tensor for tensor in tensors if tensor.dtype != weight.dtype and not _is_mask(layer, tensor)), None)
    if odd is None:
        return
    held = in_plain_list(case, layer)
    if held is not None and any(other.dtype == odd.dtype for other in held.module.parameters()):
        what = note("{layer} stayed {built}: self.{attribute} is a plain list or dict, whose layers are not made {given} "
                    "with the model", layer=case.path_of(layer) or type(layer).__name__, built=named(weight.dtype),
                    attribute=held.name, given=named(odd.dtype))  # fmt: skip
        yield left_in_list(case, held, what)
        return
    if (left := _built_later(case, layer, weight, odd)) is not None:
        yield left
        return
    yield from _unlike(case, layer, named(weight.dtype), odd)


def _built_later(case: Case, layer: nn.Module, weight: Tensor, odd: Tensor) -> Finding | None:
    """A part of a model that was put in after the others had been converted."""
    built, given = named(weight.dtype), named(odd.dtype)
    root = case.root[1] if case.root is not None else layer
    others = {named(p.dtype) for p in root.parameters() if p.is_floating_point()} - {built}
    if given not in FLOATS | HALVES or others != {given} or casts_of(case, layer, built):
        return None
    part, name = odd_part(case, layer, lambda tensor: tensor.dtype if tensor.is_floating_point() else weight.dtype)
    site = case.site_of(part)
    statement = site.source.statement_of(site.node) if site is not None else None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if site is None or not isinstance(target, ast.Attribute | ast.Subscript) or ast.unparse(target).startswith("self."):
        return None  # model.head = nn.Linear(...) is put in later; what a class builds itself is not
    what = note("{layer} has {built} weights, those of the rest of the model are {given}", layer=name, built=built,
                given=given)  # fmt: skip
    why = note("a cast of the model converts the layers that it has then; this one was put in later")
    change = replaced(site, site.node, f"{site.text}.to({torch_name(given)})")
    return case.finding(code_of(given, built), what, why=why, fix=change.text, mend=change.mend)


def _is_mask(layer: nn.Module, tensor: Tensor) -> bool:
    return isinstance(layer, nn.MultiheadAttention) and tensor.dtype == torch.bool


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [item for part in value for item in _tensors(part)] if isinstance(value, tuple | list) else []


def _unlike(case: Case, layer: nn.Module, built: str, odd: Tensor) -> Iterator[Finding]:
    """An input of another dtype than the weights."""
    given = named(odd.dtype)
    code = code_of(given, built)
    name = case.path_of(layer) or type(layer).__name__
    what = note("{layer} gets {given} values, its weights are {built}", layer=name, given=given, built=built)
    spot = user_spot(case, odd)
    if spot is None:
        yield case.finding(code, what, why=why_of(code, given, built), fix=f".to({torch_name(built)})")
        return
    if built in HALVES | {"float64"} and given == "float32":
        yield from _odd_weights(case, layer, spot, what, code, built)
        return
    if given in INTEGERS and (found := _token_ids(case, layer, odd)) is not None:
        yield case.finding(code, what, why=found, fix="nn.Embedding(...)", mend=case.site_of(layer), sure=False)
    change = precise(case, spot, given, built, odd)
    why = sentences(why_of(code, given, built), _born(case, change, given))
    yield case.finding(code, what, why=why, fix=change.text, mend=change.mend)
    here = tracer(case).cast_here(spot, built)
    if here.mend.line != change.mend.line:
        yield case.finding(code, what, fix=here.text, mend=here.mend, sure=False)


def code_of(given: str, built: str) -> str:
    """The code of two dtypes that meet in a layer."""
    if "complex" in given + built:
        return "TW412"
    if given in HALVES or built in HALVES:
        return "TW406"
    return "TW401" if given == "float64" or (built == "float64" and given in FLOATS) else "TW402"


def why_of(code: str, given: str, built: str) -> Words:
    """The rule that is broken."""
    if code == "TW401":
        return note("a layer computes in the dtype of its weights and converts nothing; NumPy, pandas and lists of "
                    "Python floats in a batch give float64")  # fmt: skip
    if code == "TW402":
        return note("a layer computes in the dtype of its weights, {built}, and converts no integers", built=built)
    if code == "TW406":
        return note(
            "{given} and {built} are not converted into each other outside of autocast", given=given, built=built
        )
    return note("a layer with {built} weights takes no {given} values: take their abs() or real part",
                given=given, built=built)  # fmt: skip


def precise(case: Case, spot: Spot, given: str, built: str, odd: Tensor) -> Change:
    """The cast of an input, where it is best written."""
    trace = tracer(case)
    if given.startswith("complex"):
        born = trace.way_of_dtype(spot, given).birth
        return replaced(born, born.node, f"{born.text}.abs()")
    if given in HALVES:
        for step in trace.way_of_dtype(spot, given):
            node = step.node
            if isinstance(node, ast.Call) and isinstance(case.flow.held(step.spot.at(node.func, ())), nn.Module):
                return trace.cast_here(step.spot, built)
    return _transform_left_out(case, spot, given) or trace.cast(spot, given, built, odd)


def _transform_left_out(case: Case, spot: Spot, given: str) -> Change | None:
    """The call that built a data set of bytes without the transform that others of its class are given."""
    if given != "uint8":
        return None
    data = next((s.spot.receiver for s in tracer(case).way_of_dtype(spot, given) if is_of_data_set(s.spot)), None)
    return transform_left_out(case, data, None) if data is not None else None


def _born(case: Case, change: Change, given: str) -> Words:
    return since(change, given) if change.mend.line != case.where.line else ""


def _token_ids(case: Case, layer: nn.Module, odd: Tensor) -> Words | None:
    """Whether integers look like ids that need an embedding first: an RNN fed with a matrix of them."""
    is_ids = odd.dtype == torch.int64 and odd.dim() == 2 and isinstance(layer, nn.RNNBase | nn.TransformerEncoderLayer)
    return note("ids of tokens are no quantities: nn.Embedding turns each into a vector first") if is_ids else None


def _odd_weights(case: Case, layer: nn.Module, spot: Spot, what: Words, code: str, built: str) -> Iterator[Finding]:
    """An ordinary float32 input meets weights of another dtype: made in forward, or the model was converted."""
    trace = tracer(case)
    way = trace.way_of_dtype(spot, "float32")
    why = why_of(code, "float32", built)
    birth = way.birth
    owner = birth.source.class_of(birth.source.scope_of(birth.node))
    is_made_inside = (
        is_creator(birth.node) and owner is not None and case.module is not None and birth.frame is not None
    )
    casts = casts_of(case, layer, built)
    if not is_made_inside and built == "float64" and casts:
        change = undone(casts[0])
        yield case.finding(code, what, why=sentences(why, note("the model was made {built} here", built=built)),
                           fix=change.text, mend=change.mend)  # fmt: skip
        return
    place = birth if is_made_inside else _handed_in(case, way.steps, spot)
    change = trace.cast_here(place, built)
    yield case.finding(code, what, why=why, fix=change.text, mend=change.mend)
    for cast in casts[:1]:
        change = undone(cast)
        yield case.finding(code, what, fix=change.text, mend=change.mend, sure=False)


def _handed_in(case: Case, steps: Any, spot: Spot) -> Spot:
    """The use of an input in the frame that has it from the loader: model(x)."""
    live = [
        step.spot for step in steps if step.spot.frame is not None and isinstance(step.node, ast.Name | ast.Attribute)
    ]
    return live[-1] if live else spot


def _without_weights(case: Case, layer: nn.Module, tensors: list[Tensor]) -> Iterator[Finding]:
    """A pooling, a normalisation without weights, a softmax that has no version for integers."""
    if not tensors:
        return
    given = named(tensors[0].dtype)
    if given not in INTEGERS | {"bool"} or "not implemented for" not in case.text:
        return
    code = "TW408" if isinstance(layer, nn.Softmax | nn.LogSoftmax | nn.Softmin) else "TW402"
    name = case.path_of(layer) or type(layer).__name__
    what = note("{layer} gets {given} values, it computes with floats only", layer=name, given=given)
    spot = user_spot(case, tensors[0])
    change = tracer(case).cast(spot, given, "float32", tensors[0]) if spot is not None else None
    yield case.finding(code, what, why=note("fractions need a float dtype, and none is chosen for integers"),
                       fix=change.text if change else "x.float()", mend=change.mend if change else None)  # fmt: skip


RULES = (layer_gets_other_dtype,)
