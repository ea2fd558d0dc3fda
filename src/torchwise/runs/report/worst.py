"""The rows with the largest errors, as they stand in the file."""

import math

import numpy as np

from torchwise.data.table import Table
from torchwise.runs.report.chance import Floats, Places
from torchwise.runs.report.content import Worst, WorstRow

MOST_ROWS = 10
MOST_COLUMNS = 8
LONGEST = 40  # characters of a value


def worst_numbers(table: Table, true: Floats, predicted: Floats, columns: list[str]) -> Worst:
    """The rows whose predictions are farthest from the truth."""
    errors = predicted - true
    size = np.abs(errors)
    order = np.argsort(-size, kind="stable")
    num_twentieth = math.ceil(len(errors) / 20)
    whole = float(np.square(errors).sum())
    shown = columns[:MOST_COLUMNS]
    rows = tuple(
        _row(table, place, shown, f"{true[place]:.5g}", f"{predicted[place]:.5g}", float(errors[place]))
        for place in order[:MOST_ROWS].tolist()
    )
    return Worst(
        source=table.source,
        columns=tuple(shown),
        rows=rows,
        num_rows=len(errors),
        num_wrong=0,
        num_twentieth=num_twentieth,
        share=float(np.square(errors[order[:num_twentieth]]).sum()) / whole if whole > 0 else math.nan,
        median_error=float(np.median(size)),
    )


def worst_classes(
    names: tuple[str, ...], table: Table, true: Places, probabilities: Floats, columns: list[str]
) -> Worst:
    """The wrong rows whose true class was given the least probability."""
    called = probabilities.argmax(axis=1)
    given = probabilities[np.arange(len(true)), true]
    wrong = np.flatnonzero(called != true)
    order = wrong[np.argsort(given[wrong], kind="stable")]
    shown = columns[:MOST_COLUMNS]
    rows = tuple(
        _row(table, place, shown, names[true[place]], names[called[place]], float(given[place]))
        for place in order[:MOST_ROWS].tolist()
    )
    return Worst(
        source=table.source,
        columns=tuple(shown),
        rows=rows,
        num_rows=len(true),
        num_wrong=len(wrong),
        num_twentieth=math.ceil(len(true) / 20),
        share=math.nan,
        median_error=math.nan,
    )


def _row(table: Table, place: int, columns: list[str], true: str, predicted: str, error: float) -> WorstRow:
    """One row with its values."""
    return WorstRow(
        line=0 if table.lines is None else int(table.lines[place]),
        position=place if table.rows is None else int(table.rows[place]),
        true=true,
        predicted=predicted,
        error=error,
        cells=tuple(_cell(table.column(name)[place].as_py()) for name in columns),
    )


def _cell(value: object) -> str:
    """A value as text, cut if it is long; "" where it is missing."""
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
