"""The numbers of a regression's plots: predictions beside the truth, and where the errors lean to one side."""

import math
from typing import Literal

import numpy as np
import pyarrow as pa

from torchwise.data.columns import Column
from torchwise.data.convert import as_words, encoded
from torchwise.data.schema import Schema
from torchwise.data.table import Table
from torchwise.runs.report.chance import FEWEST, Floats, by_quantile, group_of, sampled, threshold
from torchwise.runs.report.content import MISSING, ColumnErrors, Group, Regression

GROUPS = 5  # that the rows are put into by a number
MOST_CATEGORIES = 8  # of a column that are looked at, the most frequent
MOST_COLUMNS = 4  # that are shown, if so many are clear
FEWEST_COLUMNS = 2


def regression_of(schema: Schema, table: Table, true: Floats, predicted: Floats, *, seed: int) -> Regression:
    """The numbers for these rows.

    true, predicted: (rows,), float64, in the target's unit.
    """
    errors = predicted - true
    rows = sampled(len(errors), seed)
    residual, whole = float(np.square(errors).sum()), float(np.square(true - true.mean()).sum())
    places = by_quantile(predicted, GROUPS)
    limit = threshold(len(places))
    columns = [_column_errors(table, column, errors, seed, len(schema.used)) for column in schema.used]
    known = [(score, column) for score, column in columns if column.groups]
    # The most telling first; the clear ones before those that are so by chance.
    known.sort(key=lambda entry: (-any(group.is_clear for group in entry[1].groups), -entry[0]))
    num_clear = sum(any(group.is_clear for group in column.groups) for _, column in known)
    num_shown = max(FEWEST_COLUMNS, min(MOST_COLUMNS, num_clear))
    return Regression(
        num_rows=len(errors),
        true=tuple(true[rows].tolist()),
        predicted=tuple(predicted[rows].tolist()),
        r2=1 - residual / whole if whole > 0 and len(true) > 1 else math.nan,
        bias=float(errors.mean()),
        median_error=float(np.median(np.abs(errors))),
        error_90=float(np.quantile(np.abs(errors), 0.9)),
        spread_true=float(true.std()),
        spread_predicted=float(predicted.std()),
        by_prediction=tuple(group_of(errors, group, predicted, name="", limit=limit) for group in places),
        by_column=tuple(column for _, column in known[:num_shown]),
        num_columns=len(columns),
    )


def _column_errors(
    table: Table, column: Column, errors: Floats, seed: int, num_columns: int
) -> tuple[float, ColumnErrors]:
    """How the errors go with one column, and how telling that is: the share of their variance it explains, corrected.

    **Source** omega squared (Hays 1963): a column of noise scores about 0, however many groups it has.
    """
    values = table.column(column.name)
    kind: Literal["number", "category", "date"] = "number"
    if column.kind in ("category", "yes/no"):
        groups, at = _categories(values, errors, num_columns)
        kind = "category"
    else:
        at = encoded(values, column)[:, 0]
        groups = _numbers(at, errors, num_columns)
        kind = "date" if column.parts[:1] == ("days",) else "number"
    rows = sampled(len(errors), seed)
    found = ColumnErrors(
        column=column.name,
        kind=kind,
        at=tuple(at[rows].tolist()),
        errors=tuple(errors[rows].tolist()),
        groups=tuple(groups),
    )
    between = sum(group.count * (group.mean - float(errors.mean())) ** 2 for group in groups)
    whole = float(np.square(errors - errors.mean()).sum())
    left = max(1, len(errors) - len(groups))
    noise = max(0.0, whole - between) / left
    score = (between - (len(groups) - 1) * noise) / (whole + noise) if whole + noise > 0 else 0.0
    return score, found


def _numbers(values: Floats, errors: Floats, num_columns: int) -> list[Group]:
    """The rows by the size of a number, and those without one."""
    places = [(rows, "") for rows in by_quantile(values, GROUPS)]
    missing = np.flatnonzero(np.isnan(values))
    if len(missing) >= FEWEST:
        places.append((missing, MISSING))
    limit = threshold(len(places) * num_columns)
    return [group_of(errors, rows, values, name=name, limit=limit) for rows, name in places]


def _categories(values: pa.Array, errors: Floats, num_columns: int) -> tuple[list[Group], Floats]:
    """The rows by category, the most frequent ones, and each row's place among them (NaN: a rarer one)."""
    words = as_words(values).fill_null(MISSING)
    codes = words.dictionary_encode()
    names = codes.dictionary.to_pylist()
    numbers = codes.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    counts = np.bincount(numbers, minlength=len(names))
    frequent = [i for i in sorted(range(len(names)), key=lambda i: (-counts[i], names[i])) if counts[i] >= FEWEST]
    limit = threshold(min(len(frequent), MOST_CATEGORIES) * num_columns)
    at = np.full(len(errors), np.nan)
    groups = []
    for place, code in enumerate(frequent[:MOST_CATEGORIES]):
        rows = np.flatnonzero(numbers == code)
        at[rows] = place
        groups.append(group_of(errors, rows, None, name=names[code], limit=limit))
    return groups, at
