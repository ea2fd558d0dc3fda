"""predictions.csv: a row id, class probabilities where there are classes, the prediction in the last column."""

import csv
from pathlib import Path

import numpy as np
from torch import Tensor

from torchwise.data.schema import Schema, Target
from torchwise.data.table import Table
from torchwise.files import write_atomically


def write_predictions(path: Path, answers: Tensor, *, schema: Schema, table: Table) -> None:
    """Write one line a row of the table.

    answers: (rows,) values or (rows, classes) probabilities, float64.
    The id is the table's own id column if it has one, else the row's position in its file, counted from 0.
    """
    id_column = next(
        (column.name for column in schema.columns if column.kind == "id" and column.name in table.names), None
    )
    rows = np.arange(table.num_rows) if table.rows is None else table.rows
    ids = rows.tolist() if id_column is None else table.column(id_column).to_pylist()
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
