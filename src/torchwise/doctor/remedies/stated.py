"""What may be meant where a hidden state has another shape."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor, nn

from torchwise.doctor.bindings import binding_of
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.blame import batch_change, blame_of, drop_last
from torchwise.doctor.tracing.edits import edits_of_size
from torchwise.doctor.tracing.fitting import Shape, attached, swapped
from torchwise.doctor.tracing.layering import Called, layer_number, site_of, with_keyword
from torchwise.doctor.tracing.numbers import call_around
from torchwise.doctor.tracing.operands import Shaped, shape_of, sizes_of
from torchwise.doctor.tracing.placing import arranged
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.sizes import Origin
from torchwise.texts import note


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

    @property
    def input_shape(self) -> Shape:
        """The shape of the layer's input."""
        return tuple(self.called.values["input"].shape)


def odd_sizes(state: State) -> list[int]:
    """The dimensions (from the end) that differ, where the ranks are equal."""
    if len(state.item.shape) != len(state.wanted):
        return []
    pairs = enumerate(zip(state.item.shape, state.wanted, strict=True))
    return [index - len(state.wanted) for index, (given, wanted) in pairs if given != wanted]


def exchanged(state: State) -> Iterator[Candidate]:
    """The state is right if batch and time of the input are read the other way round."""
    layer, given = state.called.layer, state.called.values["input"]
    if not isinstance(layer, nn.RNNBase) or not isinstance(given, Tensor) or given.dim() != 3:
        return
    other = given.shape[1 if layer.batch_first else 0]
    if state.item.shape != (state.wanted[0], other, state.wanted[2]):
        return
    site = site_of(state.case, layer)
    if (misread := _misread(state)) is not None:
        yield (0.2 if layer.batch_first != _is_turned(state) else 1.1), misread, ""  # who wrote this meant it
    change = with_keyword(site, "batch_first", str(not layer.batch_first)) if site is not None else None
    if change is not None:
        yield 1.0, change, ""
    if state.source is not None:
        edit = attached(state.source.spot, ".transpose(0, 1)", 1.6, "swapped", state.called.call)
        yield (1.6 if change is not None else 1.0), edit.change, ""


def _is_turned(state: State) -> bool:
    """Whether the user's code exchanges dimensions of the input."""
    made = state.case.flow.born(state.source.spot) if state.source is not None else None
    return made is not None and call_name(made.node) in ("transpose", "permute", "swapaxes", "movedim")


def _misread(state: State) -> Change | None:
    """The other dimension, where the number of samples was read off a tensor of the input's shape."""
    sizes, flow = sizes_of(state.case), state.case.flow
    number = sizes.origin(state.item.spot, -2, state.item.shape[-2]).number
    if number is None:
        return None
    trail, dim = flow.trail(number), 0 if state.called.layer.batch_first else 1
    for edit in edits_of_size(trail[-1]):
        if edit.text == str(dim) and sizes.shape(trail[-1].at(_measured(trail[-1].node), ())) == state.input_shape:
            return replace(edit, around=call_around(trail[-1], trail[-1].node)).change
    for use, before in itertools.pairwise(trail):  # batch, time, _ = x.shape
        measured = _measured(before.node) if before.path == (1 - dim,) else None
        if measured is not None and sizes.shape(before.at(measured, ())) == state.input_shape:
            return replaced(use, use.node, _unpacked(use, dim) or f"{before.source.text(measured)}.size({dim})",
                            least=call_around(use, use.node))  # fmt: skip
    return None


def _measured(node: ast.AST) -> ast.AST:
    """The tensor of x.size(1), x.shape[1], x.shape, x.size(), len(x); the expression itself if it is none of these."""
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Call) and call_name(node) == "len" and node.args:
        return node.args[0]
    if isinstance(node, ast.Call):
        node = node.func
    return node.value if isinstance(node, ast.Attribute) and node.attr in ("size", "shape") else node


def _unpacked(use: Spot, dim: int) -> str:
    """The name that an unpacking gave to another dimension; "" for _."""
    found = binding_of(use.source, use.node.id, use.node) if isinstance(use.node, ast.Name) else None
    target = found[0].statement.targets[0] if found and isinstance(found[0].statement, ast.Assign) else None
    names = target.elts if isinstance(target, ast.Tuple) else []
    name = names[dim] if dim < len(names) else None
    return name.id if isinstance(name, ast.Name) and name.id.strip("_") else ""


def candidates(state: State) -> Iterator[Candidate]:
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
    if len(odd_sizes(state)) == 1:
        yield from _sized(state, odd_sizes(state)[0])

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
    yield from _both_directions(state, origin, dim)
    layer = state.called.layer
    site = site_of(case, layer)
    if site is not None and origin.layer is not None:
        parameter = "hidden_size" if dim == -1 else "num_layers"
        directions = 2 if parameter == "num_layers" and getattr(layer, "bidirectional", False) else 1
        change = layer_number(case, site, type(layer), item.shape[dim] // directions, parameter, against=origin)
        cost = 2.05
        if change is None and parameter == "num_layers" and item.shape[dim] % directions == 0:
            change = with_keyword(site, "num_layers", str(item.shape[dim] // directions))
            cost = 1.9  # what was left out is forgotten sooner than what was written is wrong
        if change is not None:
            yield cost, change, ""


def _both_directions(state: State, origin: Origin, dim: int) -> Iterator[Candidate]:
    """The state of both directions given to a layer of one: brought together, or one direction in the first."""
    case, item, other = state.case, state.item, origin.layer
    is_both = isinstance(other, nn.RNNBase) and other.bidirectional and len(state.wanted) == 3 == -dim
    if not is_both or other is None or item.shape[0] != 2 * state.wanted[0]:
        return
    text = f".view({state.wanted[0]}, 2, {item.shape[1]}, -1).sum(1)"
    more = note("the first layer runs in both directions, so it has two states for each layer")
    if not item.spot.path:
        yield 1.8, arranged(case, item, text, state.called.call), more
    site = site_of(case, other)
    change = with_keyword(site, "bidirectional", "False") if site is not None else None
    if change is not None:
        yield 1.6, change, more


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
