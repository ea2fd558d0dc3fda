"""predictions.csv: a row id, class probabilities where there are classes, the prediction in the last column."""

import csv
from pathlib import Path

import numpy as np
from torch import Tensor
from torchwise.data.schema import Schema, Target

from torchwise.data.splits import Rows
from torchwise.data.table import Table
from torchwise.runs.files import write_atomically


def write_predictions(path: Path, answers: Tensor, *, schema: Schema, table: Table, rows: Rows | None = None) -> None:
    """Write one line a row of `rows` (None: all).

    answers: (rows,) values or (rows, classes) probabilities, float64.
    The id is the table's own id column if it has one, else the row's number in the file, from 1.
    """
    rows = np.arange(table.num_rows) if rows is None else rows
    id_column = next((c.name for c in schema.columns if c.kind == "id" and c.name in table.columns.column_names), None)
    ids = (
        [row + 1 for row in rows.tolist()]
        if id_column is None
        else table.columns.column(id_column).take(rows).to_pylist()
    )
    target = schema.target
    header = [id_column or "row", *(f"probability {name}" for name in target.classes), target.name]

    def write(temporary: Path) -> None:
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows([name, *cells] for name, cells in zip(ids, _cells(answers, target), strict=True))

    write_atomically(path, write)


def _cells(answers: Tensor, target: Target) -> list[list[object]]:
    """What stands behind the id in each line."""
    if not target.classes:
        return [[value] for value in answers.tolist()]
    chosen = answers.argmax(dim=1).tolist()
    rounded = answers.tolist()
    return [[*row, target.classes[best]] for row, best in zip(rounded, chosen, strict=True)]
