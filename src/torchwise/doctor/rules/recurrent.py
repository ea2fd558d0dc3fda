"""Recurrent layers: features that they were not built for, batch and time exchanged."""

import ast
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name, keyword_of
from torchwise.doctor.tracing.blame import blame_of
from torchwise.doctor.tracing.fitting import attached, swapped, swaps
from torchwise.doctor.tracing.layering import Called, called_layer, layer_number, site_of, with_keyword
from torchwise.doctor.tracing.operands import Shaped, seen_of, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.sizes import Origin
from torchwise.doctor.tracing.words import sentences, story
from torchwise.doctor.values import module_text
from torchwise.finding import Finding, Seen, Words
from torchwise.texts import note

RECURRENT = (nn.RNNBase, nn.RNNCellBase)


def rnn_gets_other_features(case: Case) -> Iterator[Finding]:
    """TW214: the last dimension of the input is not input_size."""
    called = called_layer(case, RECURRENT)
    if called is None:
        return
    layer, given = called.layer, called.values.get("input")
    if isinstance(given, nn.utils.rnn.PackedSequence):
        given = given.data
    if not isinstance(given, Tensor) or not 0 < given.dim() < 4 or given.shape[-1] == layer.input_size:
        return
    if given.dim() == 3 and isinstance(layer, nn.RNNCellBase):
        return
    name = type(layer).__name__
    what = note(
        "the {name} gets {given} features at each step, it was built for {built}",
        name=name, given=given.shape[-1], built=layer.input_size,
    )  # fmt: skip
    item = called.shaped("input") or Shaped("input", case.spot(called.call or ast.Pass()), tuple(given.shape), given)
    rule = note("the last dimension of the input must be input_size ({size})", size=layer.input_size)
    why = sentences(rule, _story(case, called, item))
    seen = (Seen(name=case.path_of(layer) or name, text=module_text(layer)), *seen_of(item))
    yield from ranked_findings(case, "TW214", what, why=why, candidates=_candidates(case, called, item), seen=seen)


def _story(case: Case, called: Called, item: Shaped) -> Words:
    if "input" not in called.spots:
        return ""
    return story(case, sizes_of(case).origin(item.spot, -1, item.shape[-1]), item.text)


def _candidates(case: Case, called: Called, item: Shaped) -> Iterator[Candidate]:
    """All single changes with which the layer would take the input."""
    layer = called.layer
    wanted, given = int(layer.input_size), item.shape[-1]  # type: ignore[arg-type]
    site = site_of(case, layer)
    origin = sizes_of(case).origin(item.spot, -1, given) if "input" in called.spots else None
    change = layer_number(case, site, type(layer), given, "input_size", against=origin) if site is not None else None
    if change is not None:
        yield 2.0, change, ""
    if "input" not in called.spots:
        return
    node = called.call
    is_single = wanted == 1 and (len(item.shape) < 3 or item.shape[-1] > 1)
    if is_single and len(item.shape) < 3:
        yield 1.2, attached(item.spot, ".unsqueeze(-1)", 1.2, "placed", node).change, note("a series of single values")
    yield from _embedded(case, called, item)
    for text, pair in swaps(len(item.shape)):
        shape = swapped(item.shape, pair)
        if shape[-1] == wanted and len(shape) - 1 in pair:
            cost = 1.4 + 0.2 * (0 in pair) + 1.0 * (not _is_turned(case, item, wanted))
            yield cost, attached(item.spot, text, cost, "swapped", node).change, _order(called, item, shape)
    goal = Origin("made", item.spot, wanted, number=None)
    blame = blame_of(case, sizes_of(case), origin, goal) if origin is not None else None
    if blame is not None:
        yield blame.cost + 0.15, blame.change, ""

    def accept(value: object) -> bool:
        shape = shape_of(value)
        return shape is not None and len(shape) == max(len(item.shape), 2) and shape[-1] == wanted

    for repair in repairs(sizes_of(case), item.spot, accept, node):
        yield repair.cost, repair.edit.change, ""


def _is_turned(case: Case, item: Shaped, wanted: int) -> bool:
    """Whether the dimension that has the right size holds features: made by a layer, or shorter than the series."""
    dim = next(d for d in range(-2, -len(item.shape) - 1, -1) if item.shape[d] == wanted)
    origin = sizes_of(case).origin(item.spot, dim, wanted)
    return origin.layer is not None or wanted < item.shape[-1]


def _order(called: Called, item: Shaped, shape: tuple[int, ...]) -> Words:
    is_first = getattr(called.layer, "batch_first", False)
    order = note("(batch, time, features)") if is_first else note("(time, batch, features)")
    return note("it takes {order}; {name} turned is {shape}", order=order, name=item.text, shape=str(shape))


def _embedded(case: Case, called: Called, item: Shaped) -> Iterator[Candidate]:
    """Token numbers that were not embedded."""
    owner = item.spot.receiver
    if not isinstance(item.value, Tensor) or item.value.dtype.is_floating_point or not isinstance(owner, nn.Module):
        return
    for name, child in owner.named_children():
        if isinstance(child, nn.Embedding) and child.embedding_dim == called.layer.input_size:
            node = called.call
            from torchwise.doctor.tracing.edits import Edit

            edit = Edit(item.spot, item.spot.node, f"self.{name}({item.text})", 0.9, "embedded", node)
            yield 0.9, edit.change, note("{name} holds token numbers", name=item.text)


def packing_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW214: pack_padded_sequence reads time first unless it is told otherwise, and wants the longest first."""
    call = _packing(case)
    if call is None or not isinstance(call.node, ast.Call) or len(call.node.args) < 2:
        return
    sizes = sizes_of(case)
    given, lengths = (sizes.value(call.at(item, ())) for item in call.node.args[:2])
    if not isinstance(given, Tensor) or given.dim() < 2 or not hasattr(lengths, "__len__"):
        return
    count, name = len(lengths), " ".join(call.source.text(call.node.args[0]).split())
    if count == given.shape[0] != given.shape[1] and keyword_of(call.node, "batch_first") is None:
        what = note("there are {count} lengths for a batch of {batch}", count=count, batch=given.shape[1])
        why = note(
            "without batch_first=True {name} {shape} is read as (time, batch, ...)",
            name=name, shape=str(tuple(given.shape)),
        )  # fmt: skip
        change = with_keyword(call, "batch_first", "True")
    elif "sorted" in case.text:
        what = note("the lengths are not sorted: {lengths}", lengths=str(list(map(int, lengths[:8]))))
        why = note("packing wants the longest sequence first, unless enforce_sorted=False")
        change = with_keyword(call, "enforce_sorted", "False")
    else:
        return
    if change is not None:
        yield case.finding("TW214", what, why=why, fix=change.text, mend=change.mend)


def _packing(case: Case) -> Spot | None:
    """The call of pack_padded_sequence that failed, or that made what a recurrent layer fails on."""
    operation = case.operation
    if operation is not None and operation.name == "pack_padded_sequence":
        return case.spot(operation.node)
    called = called_layer(case, RECURRENT)
    if called is None or not isinstance(called.values.get("input"), nn.utils.rnn.PackedSequence):
        return None
    made = case.flow.born(called.spots["input"]) if "input" in called.spots else None
    return made if made is not None and call_name(made.node) == "pack_padded_sequence" else None


RULES = (rnn_gets_other_features, packing_does_not_fit)
