"""The survey of the demo project as two tables: one to learn from, one without the answers."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from torchwise.data.survey import NUM_SAMPLES, survey_columns
from torchwise.files import write_atomically

TRAIN, TEST = "survey.csv", "survey_test.csv"
NUM_TEST = NUM_SAMPLES // 5


@cache
def survey() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The names of the columns, and the numbers: (samples, columns), float64. The first column is the id, the last the target."""
    columns = survey_columns()
    return tuple(columns), np.stack([np.asarray(column, dtype=np.float64) for column in columns.values()], 1)


def write_survey(folder: Path) -> None:
    """Write both tables into the folder, unless they are there. The test table lacks the last column."""
    names, table = survey()
    for name, rows, width in ((TRAIN, table[:-NUM_TEST], len(names)), (TEST, table[-NUM_TEST:], len(names) - 1)):
        if not (folder / name).exists():
            write_table(folder / name, names[:width], rows[:, :width])


def write_table(path: Path, names: tuple[str, ...], rows: NDArray[np.float64]) -> None:
    """Write a table as CSV: a header, whole numbers without a point."""

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([int(value) if value == int(value) else value for value in row] for row in rows.tolist())

    write_atomically(path, write)
