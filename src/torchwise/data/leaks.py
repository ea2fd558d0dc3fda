"""Leaks: what a model would be told of its answers before it is asked."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from torchwise.data.columns import slots_of
from torchwise.data.names import part_name, quoted
from torchwise.data.schema import Schema
from torchwise.data.table import Table
from torchwise.data.target import target_values
from torchwise.texts import Text, note

FEWEST_ROWS = 10  # below, a column may fit the target by chance
SAMPLE = 1000  # rows that are looked at first
FEWEST_REPEATS = 3  # rows a value, on average, for a value to determine a class
MIX = np.uint64(0x9E3779B97F4A7C15)  # of SplitMix64, so that a column's place counts
EXACT = 1e-9  # the share of a target's spread that rounding may leave

Parts = Mapping[str, tuple[Table, Sequence[int] | NDArray[Any]]]


def find_leaks(table: Table, schema: Schema, parts: Parts) -> tuple[Text, ...]:
    """What leaks: rows that stand in two parts, and columns that are the target in disguise.

    table: the one that train rows are of. parts: of train, valid, test ... the table and the row positions in it.
    """
    raw = schema.raw(table)
    targets = target_values(table, schema.target)
    return (*_shared_rows(table, schema, raw, targets, parts), *_disguises(table, schema, raw, targets))


def _shared_rows(
    table: Table, schema: Schema, raw: NDArray[np.float64], targets: NDArray[np.float64], parts: Parts
) -> list[Text]:
    """A note for each pair of parts that have rows in common."""
    if not raw.shape[1]:
        return []
    places = {}
    for name, (source, rows) in parts.items():
        places[name] = np.asarray(rows)
        if source is not table:
            places[name] = places[name] + len(raw)
            raw = np.concatenate([raw, schema.raw(source)])
            targets = np.concatenate([targets, target_values(source, schema.target)])
    inputs = _groups(raw)
    whole = _groups(np.column_stack([raw, targets]))
    num_kinds = len(np.unique(inputs))
    notes = []
    for first, second in combinations(places, 2):
        one, other = places[first], places[second]
        same_inputs = int(np.isin(inputs[other], inputs[one]).sum())
        same_rows = int(np.isin(whole[other], whole[one]).sum())
        if not same_inputs:
            continue
        values: dict[str, object] = {
            "count": same_inputs, "rows": len(other), "same": same_rows,
            "second": part_name(second), "first": part_name(first),
        }  # fmt: skip
        if num_kinds * 2 <= len(raw):
            notes.append(
                note(
                    "{count} of {rows} {second} rows have the same inputs as a {first} row; with {kinds} different "
                    "rows in the whole table that is to be expected",
                    **values,
                    kinds=num_kinds,
                )
            )
        else:
            notes.append(
                note(
                    "{count} of {rows} {second} rows also stand in {first} (same inputs; {same} with the same target): "
                    "the {second} result will look better than it is; take the repeated rows out of the table",
                    **values,
                )
            )
    return notes


def _groups(rows: NDArray[np.float64]) -> NDArray[np.int64]:
    """(rows,) a number for each row, the same for equal rows; missing equals missing."""
    digests = np.zeros(len(rows), dtype=np.uint64)
    for values in rows.T:
        bits = np.where(np.isnan(values), np.inf, values + 0.0).view(np.uint64)  # -0.0 becomes 0.0
        digests = _mixed(_mixed(bits) ^ (digests + MIX))
    return np.unique(digests, return_inverse=True)[1].astype(np.int64).ravel()


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each of 64 bits made to depend on all others.

    **Source** the finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    """
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _disguises(table: Table, schema: Schema, raw: NDArray[np.float64], targets: NDArray[np.float64]) -> list[Text]:
    """A note for each column that gives the target away."""
    if len(targets) < FEWEST_ROWS:
        return []
    notes = []
    start = 0
    for column in schema.used:
        values = raw[:, start : start + len(slots_of(column))]
        start += values.shape[1]
        said = None
        if schema.target.task == "regression":
            if column.kind == "category":
                said = _determines(column.name, _codes(table, column.name), targets, schema.target.name)
            else:
                said = _follows(column.name, values[:, 0], targets, schema.target.name)
        elif column.kind != "date":
            said = _determines(column.name, _codes(table, column.name), targets, schema.target.name)
        if said is not None:
            notes.append(said)
    return notes


def _follows(name: str, values: NDArray[np.float64], targets: NDArray[np.float64], target: str) -> Text | None:
    """A note if the target is a function of these numbers: the same, on a straight line, or in the same order."""
    known = ~np.isnan(values)
    values, targets = values[known], targets[known]
    if len(values) < FEWEST_ROWS or len(np.unique(values)) < 3:
        return None
    names: dict[str, object] = {"name": quoted(name), "target": quoted(target)}
    if np.array_equal(values, targets):
        return note(
            "{name} equals the target {target} in every row; if it is made from the target, leave it out: "
            "--drop {name}",
            **names,
        )
    centred, wanted = values - values.mean(), targets - targets.mean()
    if np.square(centred).sum() == 0 or np.square(wanted).sum() == 0:
        return None
    slope = (centred * wanted).sum() / np.square(centred).sum()
    left = np.square(wanted - slope * centred).sum() / np.square(wanted).sum()
    if left < EXACT:
        return note(
            "the target {target} is {name} times {slope} plus a constant; if {name} is made from the target, "
            "leave it out: --drop {name}",
            **names,
            slope=f"{slope:.6g}",
        )
    if _same_order(values[:SAMPLE], targets[:SAMPLE]) and _same_order(values, targets):
        return note(
            "{name} puts the rows into exactly the order of the target {target}; if it is made from the target, "
            "leave it out: --drop {name}",
            **names,
        )
    return None


def _same_order(values: NDArray[np.float64], targets: NDArray[np.float64]) -> bool:
    """Whether both put the rows into the same order, or one into the reverse order of the other."""
    ranks, wanted = _ranks(values), _ranks(targets)
    several = int(wanted.max()) + 1 >= FEWEST_ROWS
    return several and (np.array_equal(ranks, wanted) or np.array_equal(ranks, wanted.max() - wanted))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """(rows,) the place of each value among the distinct values."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64).ravel()


def _codes(table: Table, name: str) -> NDArray[np.int64]:
    """(rows,) a number for each distinct value of the column, -1 for missing."""
    encoded = table.column(name).dictionary_encode()
    return np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _determines(name: str, codes: NDArray[np.int64], targets: NDArray[np.float64], target: str) -> Text | None:
    """A note if each of a few values always goes with one target, and not all with the same."""
    known = codes >= 0
    codes, targets = codes[known], targets[known]
    values = np.unique(codes)
    if len(codes) < FEWEST_ROWS or len(values) < 2 or len(values) * FEWEST_REPEATS > len(codes):
        return None
    pairs = np.unique(np.column_stack([codes, targets]), axis=0)
    if len(pairs) > len(values) or len(np.unique(targets)) < 2:
        return None
    return note(
        "each value of {name} always goes with the same {target}; if it is another name of the target, "
        "leave it out: --drop {name}",
        name=quoted(name),
        target=quoted(target),
    )
