"""What may be meant where attention gets other sizes or masks."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import nn

from torchwise.doctor.case import Case
from torchwise.doctor.spots import Spot
from torchwise.doctor.tracing.blame import blame_of
from torchwise.doctor.tracing.fitting import Shape, attached, swapped, swaps
from torchwise.doctor.tracing.layering import Called, layer_number, site_of, with_keyword
from torchwise.doctor.tracing.operands import Shaped, shape_of, sizes_of
from torchwise.doctor.tracing.ranking import Candidate
from torchwise.doctor.tracing.repairs import repairs
from torchwise.doctor.tracing.rewriting import replaced
from torchwise.doctor.tracing.sizes import Origin
from torchwise.finding import Words
from torchwise.texts import note

SEQUENCES = ("query", "src", "tgt")  # what attends, by the names that torch's layers give it


SOURCES = ("key", "value", "memory")


@dataclass(frozen=True, eq=False)
class Attending:
    """A call of an attention layer."""

    case: Case
    called: Called
    core: nn.MultiheadAttention
    batch_first: bool

    @property
    def first(self) -> Shaped | None:
        """The sequence that attends."""
        return next((item for name in SEQUENCES if (item := self.called.shaped(name)) is not None), None)

    @property
    def source(self) -> Shaped | None:
        """The sequence that is attended to; the first one in self-attention."""
        return next((item for name in SOURCES if (item := self.called.shaped(name)) is not None), self.first)

    def lengths(self, item: Shaped) -> tuple[int, int]:
        """(batch, time) of a sequence, as the layer reads them."""
        batch, time = (0, 1) if self.batch_first else (1, 0)
        return item.shape[batch], item.shape[time]


def _size_names(attending: Attending) -> tuple[str, str]:
    """How the layer's class calls its size and its heads."""
    is_core = isinstance(attending.called.layer, nn.MultiheadAttention)
    return ("embed_dim", "num_heads") if is_core else ("d_model", "nhead")


def _site(attending: Attending) -> tuple[Spot, type] | None:
    """The call that has the sizes of the layer: of a stack the one of its layers."""
    layer = attending.called.layer
    if isinstance(layer, nn.TransformerEncoder | nn.TransformerDecoder):
        layer = layer.layers[0]
    site = site_of(attending.case, layer)
    return (site, type(layer)) if site is not None else None


def other_features(
    attending: Attending, item: Shaped, name: str, size: int, origin: Origin | None
) -> Iterator[Candidate]:
    """Another embedding size, other features, key and value sizes, a transpose."""
    case, called, given = attending.case, attending.called, item.shape[-1]
    site = _site(attending)
    is_source = name in ("key", "value") and isinstance(called.layer, nn.MultiheadAttention)
    if site is not None:
        if is_source and (change := with_keyword(site[0], "kdim", f"{given}, vdim={given}")) is not None:
            yield 1.9, change, ""
        elif given % attending.core.num_heads == 0:
            change = layer_number(case, site[0], site[1], given, _size_names(attending)[0], against=origin)
            if change is not None:
                yield 2.0, change, ""
    if origin is None:
        return
    blame = blame_of(case, sizes_of(case), origin, Origin("made", item.spot, size))
    if blame is not None:
        yield blame.cost, blame.change, ""
    for text, pair in swaps(len(item.shape)):
        if swapped(item.shape, pair)[-1] == size and len(item.shape) - 1 in pair:
            yield 1.6, attached(item.spot, text, 1.6, "swapped", called.call).change, ""
    yield from edited(attending, item, lambda shape: len(shape) == len(item.shape) and shape[-1] == size)


def edited(attending: Attending, item: Shaped, accept: Callable[[Shape], bool]) -> Iterator[Candidate]:
    """Changes on the way of one input."""

    def accepted(value: object) -> bool:
        shape = shape_of(value)
        return shape is not None and shape != item.shape and accept(shape)

    for repair in repairs(sizes_of(attending.case), item.spot, accepted, attending.called.call):
        yield repair.cost, repair.edit.change, ""


def other_order(attending: Attending, cost: float = 1.0) -> Iterator[Candidate]:
    """batch_first the other way round."""
    site = _site(attending)
    change = with_keyword(site[0], "batch_first", str(not attending.batch_first)) if site is not None else None
    if change is not None:
        yield cost + 0.9 * attending.batch_first, change, ""  # who wrote it there meant it


def order_of(attending: Attending) -> Words:
    """How the layer reads the dimensions of a sequence."""
    if attending.batch_first:
        return note("with batch_first=True a sequence is (batch, time, features)")
    return note("without batch_first=True a sequence is (time, batch, features)")


def other_padding(attending: Attending, mask: Shaped, item: Shaped, wanted: tuple[int, int]) -> Iterator[Candidate]:
    """What may be meant with a padding mask of another shape."""
    call = attending.called.call
    if mask.shape == wanted[::-1]:
        yield from other_order(attending)
        yield 1.5, attached(mask.spot, ".T", 1.5, "swapped", call).change, ""
    if len(mask.shape) > 2:
        for text, shape in ((".squeeze(1)", mask.shape[:1] + mask.shape[2:]), (".flatten(1)", mask.shape[:2])):
            if shape == wanted:
                yield 1.5, attached(mask.spot, text, 1.5, "squeezed", call).change, ""
    yield from edited(attending, mask, lambda shape: shape == wanted)
    yield from _numbered(attending, mask, wanted)
    yield from _cut(mask, wanted, call)


def _numbered(attending: Attending, mask: Shaped, wanted: Shape) -> Iterator[Candidate]:
    """Another number where the mask was made."""
    if len(mask.shape) != len(wanted):
        return
    sizes = sizes_of(attending.case)
    dim = next(d for d in range(-1, -len(wanted) - 1, -1) if mask.shape[d] != wanted[d])
    origin = sizes.origin(mask.spot, dim, mask.shape[dim])
    blame = blame_of(attending.case, sizes, origin, Origin("made", mask.spot, wanted[dim]))
    if blame is not None:
        yield blame.cost, blame.change, ""


def _cut(mask: Shaped, wanted: Shape, call: ast.AST | None) -> Iterator[Candidate]:
    """A mask made for the longest sequence is cut to this one."""
    if len(mask.shape) == len(wanted) and all(a >= b for a, b in zip(mask.shape, wanted, strict=True)):
        bounds = ", ".join(":" if a == b else f":{b}" for a, b in zip(mask.shape, wanted, strict=True))
        yield 1.9, attached(mask.spot, f"[{bounds}]", 1.9, "cut", call).change, ""


def other_mask(attending: Attending, name: str, mask: Shaped, wanted: Shape, stacked: Shape) -> Iterator[Candidate]:
    """What may be meant with a mask of another shape."""
    called, first = attending.called, attending.first
    assert first is not None, "checked by the caller"
    batch, time = attending.lengths(first)
    call = called.call
    if mask.shape == (batch, batch) and batch != time:
        yield from other_order(attending, 1.2)
    if mask.shape == (batch, time) and call is not None and name in ("attn_mask", "mask", "src_mask"):
        keyword = "key_padding_mask" if name == "attn_mask" else "src_key_padding_mask"
        text = f"{keyword}={mask.text}"
        parent = mask.spot.source.parents.get(mask.spot.node)
        part = parent if isinstance(parent, ast.keyword) else mask.spot.node
        more = note("a mask of (batch, length) says which keys are padding")
        yield 1.3, replaced(mask.spot.at(part), part, text, least=call), more
    if mask.shape == (batch, *wanted):
        heads = attending.core.num_heads
        text = f".repeat_interleave({heads}, dim=0)"
        yield 1.4, attached(mask.spot, text, 1.4, "repeated", call).change, ""
    if mask.shape == (batch, attending.core.num_heads, *wanted):
        yield 1.4, attached(mask.spot, ".flatten(0, 1)", 1.4, "flattened", call).change, ""
    if len(mask.shape) > 2 and mask.shape[-2:] == wanted and set(mask.shape[:-2]) == {1}:
        yield 1.4, attached(mask.spot, "[0]" * (len(mask.shape) - 2), 1.4, "squeezed", call).change, ""
    yield from edited(attending, mask, lambda shape: shape in (wanted, stacked))
    yield from _numbered(attending, mask, wanted)
    yield from _cut(mask, wanted, call)
