"""Embeddings: indices of a wrong dtype, indices outside the table, sequences longer than a position table."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from torchwise.doctor.births.asking import cast_findings
from torchwise.doctor.births.counts import count_change
from torchwise.doctor.births.labels import changed, label_place, lineage, shifted, span, whole
from torchwise.doctor.births.tracer import user_spot
from torchwise.doctor.births.words import named
from torchwise.doctor.case import Case
from torchwise.doctor.layers import Change
from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.doctor.tracing.words import sentences
from torchwise.finding import Finding, Words
from torchwise.texts import note

SPECIAL = ("nn.Embedding", "one_hot")


def embedding_gets_no_integers(case: Case) -> Iterator[Finding]:
    """TW405: an embedding or one_hot gets floats, or integers of a dtype that it doesn't take."""
    if not re.search(r"scalar type|index tensor|LongTensor|dtype|indices", case.text):
        return
    found = _looked_up(case)
    if found is None:
        return
    value, spot, name, _ = found
    given = named(value.dtype)
    if given == "int64" or (given == "int32" and name != "one_hot"):
        return
    what = note("{name} gets {given} values, it needs indices (int64)", name=name, given=given)
    why = note("an embedding looks up rows by their number: the numbers must be int64, even if the floats are whole")
    yield from cast_findings(case, "TW405", what, why, spot, (given, "int64"), value)


def _looked_up(case: Case) -> tuple[Tensor, Spot, str, int] | None:
    """The indices of a failing embedding or one_hot: their value, expression, the table's name and its rows."""
    layer, operation = case.layer, case.operation
    if operation is None:
        return None
    if isinstance(layer, nn.Embedding | nn.EmbeddingBag):
        value, spot = case.layer_input, user_spot(case, case.layer_input)
        name, rows = case.path_of(layer) or type(layer).__name__, layer.num_embeddings
    elif operation.name in ("one_hot", "embedding", "embedding_bag") and len(operation.operands) > 0:
        operand = operation.operands[0]
        value, spot = operand.value, case.spot(operand.node) if operand.node is not None else None
        second = operation.named("num_classes") or (operation.operands[1] if len(operation.operands) > 1 else None)
        table = second.value if second is not None else None
        rows = len(table) if isinstance(table, Tensor) and table.dim() else table if isinstance(table, int) else -1
        name = operation.name
    else:
        return None
    return (value, spot, name, rows) if isinstance(value, Tensor) and spot is not None else None


def index_outside_the_embedding(case: Case) -> Iterator[Finding]:
    """TW610: a token or category has no row; TW611: a position has none."""
    if not re.search(r"out of range|valid range|device-side assert|Class values|out of bounds|[Aa]ssertion", case.text):
        return
    found = _looked_up(case)
    if found is None:
        return
    value, spot, name, rows = found
    if value.is_floating_point() or not value.numel() or value.device.type == "meta":
        return
    low, high = int(value.min()), int(value.max())
    if low >= 0 and (high < rows or rows < 0):
        return
    layer = case.layer
    if isinstance(layer, nn.Embedding) and low >= 0 and _are_positions(case, spot, value):
        yield from _too_long(case, layer, name, high + 1)
        return
    everything = whole(case, spot, value)
    values = everything if everything is not None else value.flatten().long()
    if (bounds := span(case, spot)) is not None and bounds[1] > int(values.max()):
        values = torch.cat([values, torch.tensor([bounds[1]])])
    bad = low if low < 0 else high
    place = _first_place(value, bad)
    what = note("{bad} is outside {name}, which has the rows 0 to {last}", bad=bad, name=name, last=rows - 1)
    why = note("a table of {rows} rows knows the indices 0 to {last}; here they go from {low} to {high}, {bad} first at {place}",
               rows=rows, last=rows - 1, low=int(values.min()), high=int(values.max()), bad=bad, place=place)  # fmt: skip
    options = list(_row_changes(case, layer, spot, values, rows))
    for index, (change, more) in enumerate(options):
        yield case.finding("TW610", what, why=sentences(why, more), fix=change.text, mend=change.mend, sure=index == 0)
    if not options:
        yield case.finding("TW610", what, why=why, fix=note("{rows} rows", rows=int(values.max()) + 1))


def _first_place(value: Tensor, bad: int) -> str:
    """Where a value stands first: [0, 3]."""
    return str(torch.nonzero(value == bad)[0].tolist()) if value.dim() else "[]"


def _row_changes(case: Case, layer: Any, spot: Spot, values: Tensor, rows: int) -> Iterator[tuple[Change, Words]]:
    """What would mend it, the likeliest first."""
    low, high = int(values.min()), int(values.max())
    place = label_place(case, spot)
    if low < 0:
        if low == -1 and high < rows - 1:
            yield changed(place, "{} + 1"), note("-1 stands for a missing value: moved up by one, it is row 0")
        elif low == -1 and layer is not None and (wider := count_change(case, layer, "num_embeddings", high + 2)):
            yield changed(place, "{} + 1"), note("-1 stands for a missing value, which needs a row of its own")
            yield wider, ""
        elif low < -1 and rows // 2 < high - low < rows:
            yield shifted(place, low), note("the indices count from {low}", low=low)
        else:
            yield changed(place, "{}.clamp(min=0)"), note("there are no negative rows")
        return
    wider = (
        count_change(case, layer, "num_embeddings", high + 1, is_alone=True)
        if isinstance(layer, nn.Embedding | nn.EmbeddingBag)
        else None
    )
    if wider is not None:
        yield wider, note("{high} is the largest index, so {wanted} rows are needed", high=high, wanted=high + 1)
    if low >= 1 and high - low < rows:
        yield changed(place, f"{{}} - {low}"), note("the indices count from {low}", low=low)
    elif wider is None:
        yield changed(place, f"{{}}.clamp(max={rows - 1})"), ""


def _are_positions(case: Case, spot: Spot, value: Tensor) -> bool:
    """Whether indices are positions: 0, 1, 2, ... along the last dimension, made by arange."""
    row = value.reshape(-1, value.shape[-1])[0] if value.dim() else value.flatten()
    is_counted = len(row) > 1 and bool((row.diff() == 1).all())
    made = any(
        isinstance(step.node, ast.Call) and call_name(step.node) in ("arange", "range", "cumsum")
        for step in lineage(case, spot)
    )
    return is_counted and (made or (len(row) > 3 and int(row[0]) == 0))


def _too_long(case: Case, layer: nn.Embedding, name: str, length: int) -> Iterator[Finding]:
    """A table of positions that is an embedding."""
    rows = layer.num_embeddings
    what = note("the sequence has {length} positions, {name} has rows for {rows}", length=length, name=name, rows=rows)
    why = note(
        "each position needs a row of the table, and rows {rows} to {last} are not there", rows=rows, last=length - 1
    )
    change = count_change(case, layer, "num_embeddings", length, is_alone=True)
    fix: Words = change.text if change is not None else f"nn.Embedding({length}, {layer.embedding_dim})"
    yield case.finding("TW611", what, why=why, fix=fix, mend=change.mend if change is not None else None)
    yield case.finding(
        "TW611", what, fix=note("cut the sequences to {rows} positions: tokens[:, :{rows}]", rows=rows), sure=False
    )


RULES = (embedding_gets_no_integers, index_outside_the_embedding)
