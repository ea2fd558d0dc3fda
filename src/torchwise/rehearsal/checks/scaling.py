"""Rows that were scaled together with those held out, as the rows themselves show: however the script went about it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchwise.doctor.spots import Spot
from torchwise.doctor.syntax import call_name
from torchwise.finding import Finding, Words
from torchwise.rehearsal.checks.leaks import HELD_OUT, TRAIN, fitted_before_split, is_of_part, is_over_rows, rows_of
from torchwise.rehearsal.checks.words import number
from torchwise.rehearsal.reading.samples import inputs_of
from torchwise.rehearsal.reading.unrolled import Program, place
from torchwise.rehearsal.rehearsed import Rehearsed
from torchwise.texts import note

EXACT = 1e-4  # how far the mean of rows that were standardised may be from 0 in float32, and their deviation from 1
FEWEST = 10  # different values of a column that is measured, not counted
STANDARD = re.compile(r"fit|fit_transform|mean|std|var|std_mean|zscore|scale|nanmean|nanstd")
RANGED = re.compile(r"fit|fit_transform|min|max|amin|amax|aminmax|ptp|minmax_scale")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The inputs that are trained on, and those held out. names: of their loaders or variables."""

    train: Tensor
    held: Tensor
    names: tuple[str, str]


def scaled_together(rehearsed: Rehearsed) -> Iterator[Finding]:
    """Train and held-out rows that have mean 0 and deviation 1 (or range 0 to 1) only when they are taken together."""
    if any(True for _ in fitted_before_split(rehearsed)):
        return
    for parts in (*_of_loaders(rehearsed), *_of_variables(rehearsed)):
        for proof, names in ((_standardised(parts), STANDARD), (_ranged(parts), RANGED)):
            taken = _taken(rehearsed.program, names) if proof else None
            if taken is not None:
                yield rehearsed.finding(
                    "TW750", place(taken), proof,
                    why=note("the held-out rows have left their mark on the inputs of the training: their score is too "
                             "good"),
                    fix=note("split first, then take the statistics of the training rows of {name} only",
                             name=parts.names[0]),
                )  # fmt: skip
                return


def _of_loaders(rehearsed: Rehearsed) -> Iterator[Parts]:
    """The rows of the loader that is trained on, and of all others together."""
    learned = {key for key, _ in rehearsed.training_passes}
    loaders = {key: info.held for key, info in rehearsed.record.loader_info.items() if info.held is not None}
    rows = {key: inputs_of(loader.dataset) for key, loader in loaders.items()}
    train = next((key for key in rows if key in learned and rows[key] is not None), None)
    if train is None or rows[train] is None:
        return
    first = rows[train]
    assert first is not None, "looked at above"
    held = {id(loaders[key].dataset): item for key, item in rows.items()
            if key not in learned and item is not None and item.shape[1:] == first.shape[1:]}  # fmt: skip
    other = next((key for key in rows if key not in learned), train)
    names = rehearsed.loader_name(train), rehearsed.loader_name(other)
    for items in [list(held.values()), *([item] for item in held.values())] if held else ():
        yield Parts(train=first, held=torch.cat(items), names=names)


def _of_variables(rehearsed: Rehearsed) -> Iterator[Parts]:
    """The same of tables in variables: X_train and X_test."""
    tables = {name: table for name, value in rehearsed.globals.items() if (table := _table(value)) is not None}
    for name, train in tables.items():
        same = {other: item for other, item in tables.items()
                if HELD_OUT.search(other) and item.shape[1:] == train.shape[1:]}  # fmt: skip
        if TRAIN.search(name) and not HELD_OUT.search(name) and same:
            yield Parts(train=train, held=torch.cat(list(same.values())), names=(name, next(iter(same))))


def _table(value: Any) -> Tensor | None:
    """Rows and columns of floating-point numbers."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        value = torch.from_numpy(np.ascontiguousarray(value))
    is_table = (
        isinstance(value, Tensor) and value.dim() == 2 and value.is_floating_point() and value.device.type == "cpu"
    )
    return value.detach().double() if is_table and len(value) else None


def _standardised(parts: Parts) -> Words:
    """That columns have mean 0 and deviation 1 over all rows, and not over the train rows; "" if there are none."""
    train, together = _measured(parts)
    if not together.numel():
        return ""
    means, own = together.mean(0).abs(), train.mean(0)
    is_one = torch.stack([(together.std(0, correction=c) - 1).abs() < EXACT for c in (0, 1)]).any(0)
    found = (means < EXACT) & is_one & (own.abs() > 10 * EXACT)
    if not found.any():
        return ""
    worst = own[found].abs().argmax()
    return note(
        "the {count} rows of {train} and {held} together have mean 0 and deviation 1; the train rows alone have mean "
        "{mean}", count=len(together), train=parts.names[0], held=parts.names[1], mean=number(own[found][worst].item()),
    )  # fmt: skip


def _ranged(parts: Parts) -> Words:
    """That each column runs from 0 to 1 over all rows, and not over the train rows; "" if not."""
    train, together = _measured(parts)
    if together.shape[-1] < 2 or not len(together):
        return ""
    is_ranged = (together.amin(0).abs() < 1e-6) & ((together.amax(0) - 1).abs() < 1e-6)
    is_own = (train.amin(0).abs() < 1e-6) & ((train.amax(0) - 1).abs() < 1e-6)
    if not is_ranged.all() or is_own.all():
        return ""
    return note(
        "the {count} rows of {train} and {held} together run from 0 to 1 in each column, and the train rows alone don't",
        count=len(together), train=parts.names[0], held=parts.names[1],
    )  # fmt: skip


def _measured(parts: Parts) -> tuple[Tensor, Tensor]:
    """The columns that hold measured values: of the train rows, and of all rows."""
    train, held = parts.train.flatten(1), parts.held.flatten(1)
    together = torch.cat([train, held])
    is_measured = torch.tensor([len(column.unique()) > FEWEST for column in together.T], dtype=torch.bool)
    return train[:, is_measured], together[:, is_measured]


def _taken(program: Program, names: re.Pattern[str]) -> Spot | None:
    """The first statistic over rows that the script takes before it trains, and not of some of them only."""
    end = min((deed.at for deed in program.backwards), default=0)
    for deed in program.deeds[:end]:
        call = deed.spot.node
        if isinstance(call, ast.Call) and names.fullmatch(call_name(call)) and (rows := rows_of(deed.spot)) is not None:
            if is_over_rows(call, rows) and not is_of_part(program, deed.spot.at(rows, ())):
                return deed.spot
    return None


RULES = (scaled_together,)
