"""Attention: sizes of queries, keys and values, and of the masks."""

import ast
import itertools
from collections.abc import Iterator

from torch import Tensor, nn

from torchwise.doctor.case import Case
from torchwise.doctor.remedies.attended import (
    SEQUENCES,
    SOURCES,
    Attending,
    edited,
    order_of,
    other_features,
    other_mask,
    other_order,
    other_padding,
)
from torchwise.doctor.tracing.blame import blames
from torchwise.doctor.tracing.fitting import attached, broadcast, index_text, placements
from torchwise.doctor.tracing.layering import called_layer
from torchwise.doctor.tracing.operands import Shaped, seen_of, shaped, sizes_of
from torchwise.doctor.tracing.ranking import Candidate, ranked_findings
from torchwise.doctor.tracing.words import sentences, story
from torchwise.finding import Finding, Seen
from torchwise.texts import note

ATTENDING = (
    nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer, nn.TransformerEncoder,
    nn.TransformerDecoder, nn.Transformer,
)  # fmt: skip
PADDING = ("key_padding_mask", "src_key_padding_mask", "tgt_key_padding_mask", "memory_key_padding_mask")
MASKS = ("attn_mask", "mask", "src_mask", "tgt_mask", "memory_mask")


def attention_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW216: features, lengths, batches or masks that an attention layer can't take."""
    attending = _attending(case)
    if attending is None:
        return
    for check in (_features, _batches, _lengths, _padding, _masks):
        found = list(check(attending))
        if found:
            yield from found
            return


def _attending(case: Case) -> Attending | None:
    called = called_layer(case, ATTENDING)
    if called is None:
        return None
    core = next((m for m in called.layer.modules() if isinstance(m, nn.MultiheadAttention)), None)
    first = next((called.values.get(name) for name in SEQUENCES if name in called.values), None)
    if core is None or not isinstance(first, Tensor) or first.dim() not in (2, 3):
        return None
    return Attending(case, called, core, bool(core.batch_first))


def _seen(attending: Attending, *items: Shaped | None) -> tuple[Seen, ...]:
    core = attending.core
    text = f"embed_dim={core.embed_dim}, num_heads={core.num_heads}, batch_first={core.batch_first}"
    name = attending.case.path_of(attending.called.layer) or type(attending.called.layer).__name__
    return (Seen(name=name, text=text), *seen_of(*(item for item in items if item is not None)))


def _features(attending: Attending) -> Iterator[Finding]:
    """The last dimension is not the embedding size."""
    core, called = attending.core, attending.called
    wanted = {"query": core.embed_dim, "src": core.embed_dim, "tgt": core.embed_dim, "memory": core.embed_dim,
              "key": core.kdim or core.embed_dim, "value": core.vdim or core.embed_dim}  # fmt: skip
    for name, size in wanted.items():
        item, value = called.shaped(name), called.values.get(name)
        if not isinstance(value, Tensor) or value.dim() not in (2, 3) or value.shape[-1] == size:
            continue
        item = item or Shaped(name, attending.case.spot(called.call or ast.Pass()), tuple(value.shape), value)
        what = note(
            "attention gets {given} features in {name}, it was built for {size}",
            given=value.shape[-1], name=item.text, size=size,
        )  # fmt: skip
        rule = note("the last dimension of {role} must be {size}", role=name, size=size)
        is_placed = name in called.spots
        origin = sizes_of(attending.case).origin(item.spot, -1, item.shape[-1]) if is_placed else None
        why = sentences(rule, story(attending.case, origin, item.text)) if origin is not None else rule
        found = other_features(attending, item, name, size, origin)
        yield from ranked_findings(
            attending.case, "TW216", what, why=why, candidates=found, seen=_seen(attending, item)
        )
        return


def _batches(attending: Attending) -> Iterator[Finding]:
    """Queries and keys of different batches: often batch and time are exchanged."""
    called = attending.called
    names = [name for name in (*SEQUENCES, *SOURCES) if isinstance(called.values.get(name), Tensor)]
    items = [item for name in names if (item := called.shaped(name)) is not None and len(item.shape) == 3]
    for one, other in itertools.pairwise(items):
        batches = attending.lengths(one)[0], attending.lengths(other)[0]
        if batches[0] == batches[1]:
            continue
        what = note(
            "attention gets batches of {one} and {other}: {first} {first_shape}, {second} {second_shape}",
            one=batches[0], other=batches[1], first=one.text, first_shape=str(one.shape), second=other.text,
            second_shape=str(other.shape),
        )  # fmt: skip
        dim = 0 if attending.batch_first else 1
        is_exchanged = one.shape[1 - dim] == other.shape[1 - dim]
        places = [(item.spot, dim - 3, item.shape[dim]) for item in (one, other)]
        found = list(other_order(attending)) if is_exchanged else []
        found += [(b.cost, b.change, "") for b in blames(attending.case, sizes_of(attending.case), *places)]
        seen = _seen(attending, one, other)
        yield from ranked_findings(attending.case, "TW216", what, why=order_of(attending), candidates=found, seen=seen)
        return


def _lengths(attending: Attending) -> Iterator[Finding]:
    """Keys and values of different lengths."""
    key, value = attending.called.shaped("key"), attending.called.shaped("value")
    if key is None or value is None or key.shape[:-1] == value.shape[:-1] or len(key.shape) != len(value.shape):
        return
    what = note(
        "key {key_shape} and value {value_shape} differ in length",
        key_shape=str(key.shape), value_shape=str(value.shape),
    )  # fmt: skip
    dim = next(d for d in range(-2, -len(key.shape) - 1, -1) if key.shape[d] != value.shape[d])
    pair = [(item.spot, dim, item.shape[dim]) for item in (key, value)]
    found: list[Candidate] = [
        (b.cost, b.change, "") for b in blames(attending.case, sizes_of(attending.case), pair[0], pair[1])
    ]
    found += edited(attending, value, lambda shape: shape[:-1] == key.shape[:-1])
    found += edited(attending, key, lambda shape: shape[:-1] == value.shape[:-1])
    why = note("each key has one value: both are read at the same places")
    yield from ranked_findings(
        attending.case, "TW216", what, why=why, candidates=found, seen=_seen(attending, key, value)
    )


def _padding(attending: Attending) -> Iterator[Finding]:
    """A padding mask that is not (batch, length of the keys)."""
    for name in PADDING:
        mask = attending.called.shaped(name)
        item = attending.called.shaped("tgt") if name.startswith("tgt") else attending.source
        if mask is None or item is None or len(item.shape) != 3:
            continue
        if name == "src_key_padding_mask":
            item = attending.first or item
        wanted = attending.lengths(item)
        if mask.shape == wanted:
            continue
        what = note(
            "{name} must be {wanted} (batch, length), {mask} is {shape}",
            name=name, wanted=str(wanted), mask=mask.text, shape=str(mask.shape),
        )  # fmt: skip
        found = list(other_padding(attending, mask, item, wanted))
        why = order_of(attending)
        yield from ranked_findings(
            attending.case, "TW216", what, why=why, candidates=found, seen=_seen(attending, mask, item)
        )
        return


def _masks(attending: Attending) -> Iterator[Finding]:
    """An attention mask that is not (length of the queries, length of the keys)."""
    called = attending.called
    for name in MASKS:
        mask = called.shaped(name)
        first, source = attending.first, attending.source
        if name == "tgt_mask":
            first = source = called.shaped("tgt")
        elif name in ("mask", "src_mask"):
            source = first = called.shaped("src") or first
        elif name == "memory_mask":
            first = called.shaped("tgt")
        if mask is None or first is None or source is None or len(first.shape) != 3:
            continue
        batch, time = attending.lengths(first)
        wanted = (time, attending.lengths(source)[1])
        stacked = (batch * attending.core.num_heads, *wanted)
        if mask.shape in (wanted, stacked):
            continue
        what = note(
            "{name} must be {wanted} (queries, keys), {mask} is {shape}",
            name=name, wanted=str(wanted), mask=mask.text, shape=str(mask.shape),
        )  # fmt: skip
        found = other_mask(attending, name, mask, wanted, stacked)
        why = sentences(order_of(attending), note("a mask for each sample and head is {stacked}", stacked=str(stacked)))
        seen = _seen(attending, mask, first)
        yield from ranked_findings(attending.case, "TW216", what, why=why, candidates=found, seen=seen)
        return


def scaled_dot_product_does_not_fit(case: Case) -> Iterator[Finding]:
    """TW216: query, key, value or mask of F.scaled_dot_product_attention."""
    operation = case.operation
    if operation is None or operation.name != "scaled_dot_product_attention" or case.layer is not None:
        return
    items = shaped(case)
    if len(items) < 3 or any(len(item.shape) < 2 for item in items[:3]):
        return
    query, key, value = items[:3]
    mask = next((item for item in items[3:] if item.keyword == "attn_mask" or not item.keyword), None)
    scores = (*(broadcast(query.shape[:-2], key.shape[:-2]) or ()), query.shape[-2], key.shape[-2])
    for one, other, dim in ((query, key, -1), (key, value, -2)):
        if one.shape[dim] != other.shape[dim]:
            what = note(
                "attention gets {one} {one_shape} and {other} {other_shape}", one=one.text, one_shape=str(one.shape),
                other=other.text, other_shape=str(other.shape),
            )  # fmt: skip
            why = note("query and key need the same features, key and value the same length")
            pair = [(item.spot, dim, item.shape[dim]) for item in (one, other)]
            found = [(b.cost, b.change, "") for b in blames(case, sizes_of(case), pair[0], pair[1])]
            yield from ranked_findings(case, "TW216", what, why=why, candidates=found, seen=seen_of(query, key, value))
            return
    if mask is not None and broadcast(mask.shape, scores) != scores:
        what = note(
            "the mask {shape} doesn't broadcast to the scores {scores}", shape=str(mask.shape), scores=str(scores)
        )
        found = [
            (1.4 + i * 0.3, attached(mask.spot, index_text(mask.shape, s), 1.4, "placed", operation.node).change, "")
            for i, s in enumerate(placements(mask.shape, scores, right=True))
        ]
        why = note("a mask is (..., queries, keys), and broadcasts over batch and heads")
        yield from ranked_findings(case, "TW216", what, why=why, candidates=found, seen=seen_of(query, key, mask))


RULES = (attention_does_not_fit, scaled_dot_product_does_not_fit)
