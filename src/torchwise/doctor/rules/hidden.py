"""Hidden states of recurrent layers: (layers * directions, batch, hidden size)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.blame import batch_change, blame_of, drop_last
from torchwise.doctor.tracing.edits import Edit, replaced
from torchwise.doctor.tracing.fitting import Shape, attached, swapped
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
AXES = ("layers * directions", "batch", "hidden size")


@dataclass(frozen=True, eq=False)
class State:
    """One state that a layer was given, and the shape that it must have."""

    called: Called
    item: Shaped
    wanted: Shape
    source: Shaped | None  # the input of the layer

    @property
    def case(self) -> Case:
        """The failure."""
        return self.called.case


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
    text = edit.change.text if edit is not None else fix
    return case.finding("TW215", what, why=why, fix=text, mend=edit.change.mend if edit is not None else None)


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
    exchanged = list(_batch_first(state))
    if exchanged:
        why = note(
            "without batch_first=True the first dimension of the input is time, the second the batch"
            if not getattr(layer, "batch_first", False)
            else "with batch_first=True the first dimension of the input is the batch, the second is time"
        )
        yield from ranked_findings(case, "TW214", what, why=why, candidates=exchanged, seen=seen)
        return
    yield from ranked_findings(case, "TW215", what, why=_why(state), candidates=_candidates(state), seen=seen)


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
    dims = _odd(state)
    if not dims or "hx" not in state.called.spots:
        return rule
    origin = sizes_of(state.case).origin(state.item.spot, dims[0], state.item.shape[dims[0]])
    return sentences(rule, story(state.case, origin, state.item.text))


def _odd(state: State) -> list[int]:
    """The dimensions (from the end) that differ, where the ranks are equal."""
    if len(state.item.shape) != len(state.wanted):
        return []
    pairs = enumerate(zip(state.item.shape, state.wanted, strict=True))
    return [index - len(state.wanted) for index, (given, wanted) in pairs if given != wanted]


def _batch_first(state: State) -> Iterator[Candidate]:
    """The state is right if batch and time of the input are read the other way round."""
    layer, given = state.called.layer, state.called.values["input"]
    if not isinstance(layer, nn.RNNBase) or not isinstance(given, Tensor) or given.dim() != 3:
        return
    other = given.shape[1 if layer.batch_first else 0]
    if state.item.shape != (state.wanted[0], other, state.wanted[2]):
        return
    site = site_of(state.case, layer)
    change = with_keyword(site, "batch_first", str(not layer.batch_first)) if site is not None else None
    if change is not None:
        yield 1.0, change, ""
    if state.source is not None:
        edit = attached(state.source.spot, ".transpose(0, 1)", 1.6, "swapped", state.called.call)
        yield (1.6 if change is not None else 1.0), edit.change, ""


def _candidates(state: State) -> Iterator[Candidate]:
    """All single changes with which the state would fit."""
    if "hx" not in state.called.spots:
        return
    item, wanted, call = state.item, state.wanted, state.called.call
    if len(item.shape) + 1 == len(wanted) and (1, *item.shape) == wanted:
        yield 1.5, attached(item.spot, ".unsqueeze(0)", 1.5, "placed", call).change, ""
    if len(item.shape) == len(wanted) + 1 and item.shape[1:] == wanted:
        text, cost = (".squeeze(0)", 1.4) if item.shape[0] == 1 else ("[-1]", 1.6)
        yield cost, attached(item.spot, text, cost, "squeezed", call).change, ""
    yield from _factory(state)
    for pair in ((0, 1), (1, 2), (0, 2)):
        if max(pair) < len(item.shape) and swapped(item.shape, pair) == wanted and not _is_factory(state):
            edit = attached(item.spot, f".transpose({pair[0]}, {pair[1]})", 1.3, "swapped", call)
            yield 1.3, edit.change, ""
    if len(_odd(state)) == 1:
        yield from _sized(state, _odd(state)[0])

    def accept(value: object) -> bool:
        return shape_of(value) == wanted

    for repair in repairs(sizes_of(state.case), item.spot, accept, call):
        yield repair.cost, repair.edit.change, ""


def _is_factory(state: State) -> bool:
    return _factory_call(state) is not None


def _factory_call(state: State) -> Spot | None:
    """The call of zeros or randn that made the state, with the sizes as its arguments."""
    made = state.case.flow.born(state.item.spot)
    while isinstance(made.node, ast.Call) and isinstance(made.node.func, ast.Attribute) and (
        made.node.func.attr in ("to", "cuda", "float", "requires_grad_", "detach", "type_as", "clone")
    ):  # fmt: skip
        made = state.case.flow.born(made.at(made.node.func.value, ()))
    if not isinstance(made.node, ast.Call) or made.path:
        return None
    name = made.node.func.attr if isinstance(made.node.func, ast.Attribute) else ""
    return made if name in ("zeros", "randn", "ones", "rand", "new_zeros", "empty") else None


def _factory(state: State) -> Iterator[Candidate]:
    """Sizes in another order, or the missing ones, where a factory made the state."""
    made = _factory_call(state)
    if made is None or not isinstance(made.node, ast.Call):
        return
    sizes = made.node.args
    if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List):
        sizes = sizes[0].elts
    texts = [made.source.text(node) for node in sizes]
    given, wanted = state.item.shape, state.wanted
    if len(texts) != len(given) or not sizes:
        return
    if sorted(given) == sorted(wanted) and given != wanted:
        rest = list(zip(given, texts, strict=True))
        order = []
        for size in wanted:
            order.append(rest.pop(next(i for i, (own, _) in enumerate(rest) if own == size))[1])
        yield 1.1, _rewritten(made, sizes, order), ""
    if len(given) + 1 == len(wanted) and wanted[1:] == given:
        layers = _layers_text(state, made) or str(wanted[0])
        yield 1.2, _rewritten(made, sizes, [layers, *texts]), ""


def _rewritten(made: Spot, sizes: list[ast.expr], texts: list[str]) -> Change:
    """The call of a factory with other sizes."""
    call = made.text
    first, last = made.source.text(sizes[0]), made.source.text(sizes[-1])
    begin = call.index(first, call.index("("))
    end = call.rindex(last) + len(last) if len(sizes) > 1 else begin + len(first)
    return replaced(made, made.node, f"{call[:begin]}{', '.join(texts)}{call[end:]}")


def _layers_text(state: State, made: Spot) -> str | None:
    """How the number of layers (times directions) can be written where the state is made."""
    layer = state.called.layer
    if not isinstance(layer, nn.RNNBase):
        return None
    twice = "2 * " if layer.bidirectional else ""
    for name in _names_with(made, layer.num_layers, ("layer",)):
        return f"{twice}{name}"
    return str(state.wanted[0])


def _names_with(spot: Spot, value: int, words: tuple[str, ...]) -> Iterator[str]:
    """self.num_layers: attributes of the object that have a value, and whose names hold one of the words."""
    own = getattr(spot.receiver, "__dict__", None)
    for name, item in list((own or {}).items()):
        if type(item) is int and item == value and any(word in name for word in words):
            yield f"self.{name}"


def _sized(state: State, dim: int) -> Iterator[Candidate]:
    """Another number for the one size that differs."""
    case, item, wanted = state.case, state.item, state.wanted[dim]
    sizes = sizes_of(case)
    origin = sizes.origin(item.spot, dim, item.shape[dim])
    if dim == -2:
        yield from _batch(state, origin)
        return
    number = origin.number
    if number is not None and dim == -len(state.wanted) and origin.layer is None:
        made = origin.spot
        text = _layers_text(state, made) or str(wanted)
        if number.text in text and state.called.layer.bidirectional:
            text = f"2 * {number.text}"
        least = made.node if any(node is number.node for node in ast.walk(made.node)) else None
        yield 1.2, replaced(number, number.node, text, least=least), ""
    else:
        names = list(_names_with(origin.spot, wanted, ("hid", "units", "size", "dim"))) if number is not None else []
        if names and number is not None and origin.layer is None:
            yield 1.3, replaced(number, number.node, names[0], least=origin.spot.node), ""
        blame = blame_of(case, sizes, origin, Origin("made", item.spot, wanted))
        if blame is not None:
            yield blame.cost, blame.change, ""
    layer = state.called.layer
    site = site_of(case, layer)
    if site is not None and origin.layer is not None:
        parameter = "hidden_size" if dim == -1 else "num_layers"
        directions = 2 if parameter == "num_layers" and getattr(layer, "bidirectional", False) else 1
        change = layer_number(case, site, type(layer), item.shape[dim] // directions, parameter)
        cost = 2.05
        if change is None and parameter == "num_layers" and item.shape[dim] % directions == 0:
            change = with_keyword(site, "num_layers", str(item.shape[dim] // directions))
            cost = 1.9  # what was left out is forgotten sooner than what was written is wrong
        if change is not None:
            yield cost, change, ""


def _batch(state: State, origin: Origin) -> Iterator[Candidate]:
    """The number of samples in the state does not follow the batch."""
    case, item, wanted = state.case, state.item, state.wanted[-2]
    more = note("this batch has {wanted} samples, the state was made for {given}", wanted=wanted, given=item.shape[-2])
    if origin.number is not None and state.source is not None:
        layer = state.called.layer
        dim = 0 if getattr(layer, "batch_first", True) else 1
        change = batch_change(case, origin, state.source.spot, dim)
        if change is not None:
            yield 1.0, change, more
            return
    change = drop_last(case)
    if change is not None:
        yield 1.5, change, more


RULES = (hidden_state_does_not_fit,)
