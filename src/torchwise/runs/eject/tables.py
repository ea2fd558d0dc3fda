"""The rows as plain CSV files beside the script: UTF-8, commas, empty for missing, only the columns that are used.

Numbers are written so that they are read back exactly, dates as 2024-01-31, yes and no in one spelling.
"""

import csv
import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from torchwise.data.columns import Column
from torchwise.data.convert import as_words, encoded, is_words
from torchwise.data.dates import moments
from torchwise.data.schema import Schema
from torchwise.data.table import Table
from torchwise.data.target import target_values
from torchwise.data.values import MISSING_AMONG_NUMBERS, blanked
from torchwise.runs.eject.facts import Facts

EMPTY_WORD = "(empty)"  # what stands for a word without letters, which in a CSV would be missing


def tables_of(facts: Facts) -> dict[str, Table]:
    """The tables that the script reads, each by the ending of its name.

    "data" holds the rows that are split in the script, or the train rows; the others hold a part each.
    """
    plan, own = facts.plan, {}
    for name in ("valid", "test"):
        part = plan.parts.get(name)
        if part is not None and (facts.is_split_by_files or part.table is not plan.table):
            own[name] = part.taken()
    main = plan.parts["train"].taken() if facts.is_split_by_files else plan.table
    return {"data": main} | own | ({} if plan.unlabelled is None else {"new": plan.unlabelled})


def csv_text(table: Table, facts: Facts) -> str:
    """One table as CSV: the columns of numbers, then those of words, then the target if it is there."""
    columns = [*facts.number_columns, *facts.category_columns]
    cells = [cells_of(table.column(column.name), column) for column in columns]
    names = [column.name for column in columns]
    target = facts.schema.target.name
    if target in table.names and table is not facts.plan.unlabelled:
        names.append(target)
        cells.append(_target_cells(table, facts.schema))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue()


def cells_of(column: pa.Array, meaning: Column) -> Sequence[str]:
    """The cells of one column, "" for a missing value."""
    if meaning.kind == "category":
        return ["" if word is None else word_of(word) for word in as_words(column).to_pylist()]
    if meaning.kind == "date":
        return _date_cells(column, meaning)
    values = encoded(column, meaning)[:, 0].tolist()
    if meaning.words:
        return ["" if value != value else meaning.words[int(value)] for value in values]
    return [_number_cell(value) for value in values]


def word_of(word: str) -> str:
    """A word as it stands in a cell."""
    return word or EMPTY_WORD


def _target_cells(table: Table, schema: Schema) -> Sequence[str]:
    """The cells of the target."""
    values, classes = target_values(table, schema.target).tolist(), schema.target.classes
    return [word_of(classes[int(value)]) if classes else _number_cell(value) for value in values]


def _number_cell(value: float) -> str:
    """A number that is read back exactly; 3 for 3.0."""
    return "" if value != value else repr(value).removesuffix(".0")


def _date_cells(column: pa.Array, meaning: Column) -> Sequence[str]:
    """Dates as 2024-01-31, with the time of day where one of them has it."""
    column = blanked(column, MISSING_AMONG_NUMBERS) if is_words(column.type) else column
    if column.null_count == len(column):
        return [""] * len(column)
    found = moments(column, meaning.date_format or "ymd")
    texts = np.datetime_as_string(found, unit="s" if "hour" in meaning.parts else "D", casting="unsafe")
    return ["" if text == "NaT" else str(text) for text in texts]
