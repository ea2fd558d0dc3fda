"""Hidden states of recurrent layers: (layers * directions, batch, hidden size)."""

import ast
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.remedies.stated import State, candidates, exchanged, odd_sizes
from torchwise.doctor.tracing.edits import Edit
from torchwise.doctor.tracing.fitting import Shape
from torchwise.doctor.tracing.layering import Called, called_layer
from torchwise.doctor.tracing.operands import Shaped, seen_of, sizes_of
from torchwise.doctor.tracing.ranking import ranked_findings
from torchwise.doctor.tracing.words import sentences, story
from torchwise.doctor.values import module_text
from torchwise.finding import Finding, Seen, Words
from torchwise.texts import note

RECURRENT = (nn.RNNBase, nn.RNNCellBase)
AXES = ("layers * directions", "batch", "hidden size")


def hidden_state_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW215: the hidden state has other layers, batch or hidden size. TW214: because batch and time are exchanged."""
    called = called_layer(case, RECURRENT)
    if called is None or not isinstance(called.values.get("input"), Tensor | nn.utils.rnn.PackedSequence):
        return
    given = called.values.get("hx")
    if given is None:
        return
    kind_finding = _wrong_kind(case, called, given)
    if kind_finding is not None:
        yield kind_finding
        return
    for state in _states(case, called, given):
        if state.item.shape != state.wanted:
            yield from _explained(state)
            return


def _wrong_kind(case: Case, called: Called, given: Any) -> Finding | None:
    """A single tensor for an LSTM, a pair for a GRU."""
    is_lstm = isinstance(called.layer, nn.LSTM | nn.LSTMCell)
    name, spot = type(called.layer).__name__, called.spots.get("hx")
    text = spot.text if spot is not None else "hidden"
    if is_lstm and isinstance(given, Tensor):
        fix = f"({text}, torch.zeros_like({text}))"
        what = note("{name} gets one state, {state}; it has two", name=name, state=text)
        why = note("an LSTM keeps a hidden and a cell state: its second argument is the pair (hidden, cell)")
    elif not is_lstm and isinstance(given, tuple | list):
        fix = f"{text}[0]"
        what = note("{name} gets a pair of states, {state}; it has one", name=name, state=text)
        why = note("only an LSTM has a cell state; the hidden state of {name} is one tensor", name=name)
    else:
        return None
    edit = Edit(spot, spot.node, fix, 1.0, "pair", called.call) if spot is not None else None
    shown = edit.change.text if edit is not None else fix
    return case.finding("TW215", what, why=why, fix=shown, mend=edit.change.mend if edit is not None else None)


def _states(case: Case, called: Called, given: Any) -> Iterator[State]:
    """Each state with the shape that it must have."""
    tensors = list(given) if isinstance(given, tuple | list) else [given]
    wanted = _wanted(called)
    spot = called.spots.get("hx")
    source = called.shaped("input")
    for index, tensor in enumerate(tensors[:2]):
        if not isinstance(tensor, Tensor) or wanted is None:
            return
        place = spot if spot is not None else case.spot(called.call or ast.Pass())
        if spot is not None and isinstance(given, tuple | list):
            is_written = isinstance(spot.node, ast.Tuple | ast.List) and len(spot.node.elts) == len(tensors)
            place = spot.at(spot.node.elts[index], ()) if is_written else spot.at(spot.node, (index,))  # type: ignore[attr-defined]
        text = " ".join(place.text.split()) + (f"[{index}]" if place.path else "")
        yield State(called, Shaped(text, place, tuple(tensor.shape), tensor), wanted, source)


def _wanted(called: Called) -> Shape | None:
    """The shape of a state, from the layer and its input."""
    layer, given = called.layer, called.values["input"]
    if isinstance(layer, nn.RNNCellBase):
        return (int(layer.hidden_size),) if given.dim() == 1 else (given.shape[0], int(layer.hidden_size))
    assert isinstance(layer, nn.RNNBase), "asked for recurrent layers"
    layers = layer.num_layers * (2 if layer.bidirectional else 1)
    size = layer.proj_size or layer.hidden_size
    if isinstance(given, nn.utils.rnn.PackedSequence):
        return (layers, int(given.batch_sizes[0]), size)
    if given.dim() == 2:
        return (layers, size)
    return (layers, given.shape[0 if layer.batch_first else 1], size)


def _explained(state: State) -> Iterator[Finding]:
    """The finding for one state of another shape."""
    case, layer = state.case, state.called.layer
    name = type(layer).__name__
    what = note(
        "{name} needs a state of {wanted}, {state} is {given}",
        name=name, wanted=str(state.wanted), state=state.item.text, given=str(state.item.shape),
    )  # fmt: skip
    seen = (
        Seen(name=case.path_of(layer) or name, text=module_text(layer)),
        *seen_of(state.item, *([state.source] if state.source is not None else [])),
    )
    turned = list(exchanged(state))
    if turned:
        if getattr(layer, "batch_first", False):
            why = note("with batch_first=True the first dimension of the input is the batch, the second is time")
        else:
            why = note("without batch_first=True the first dimension of the input is time, the second the batch")
        yield from ranked_findings(case, "TW214", what, why=why, candidates=turned, seen=seen)
        return
    yield from ranked_findings(case, "TW215", what, why=_why(state), candidates=candidates(state), seen=seen)


def _why(state: State) -> Words:
    """The rule with its numbers, and where the wrong size comes from."""
    if len(state.wanted) == 3:
        layer = state.called.layer
        rule = note(
            "a state is (layers * directions, batch, hidden size): {layers} * {directions}, {batch}, {hidden}",
            layers=layer.num_layers, directions=2 if layer.bidirectional else 1, batch=state.wanted[1],
            hidden=state.wanted[2],
        )  # fmt: skip
    else:
        rule = note("a state must be {wanted}", wanted=str(state.wanted))
    if len(state.item.shape) != len(state.wanted):
        ranks = note(
            "so it has {wanted} dimensions, not {given}", wanted=len(state.wanted), given=len(state.item.shape)
        )
        return sentences(rule, ranks)
    dims = odd_sizes(state)
    if not dims or "hx" not in state.called.spots:
        return rule
    origin = sizes_of(state.case).origin(state.item.spot, dims[0], state.item.shape[dims[0]])
    return sentences(rule, story(state.case, origin, state.item.text))


RULES = (hidden_state_does_not_fit,)
