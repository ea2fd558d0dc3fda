"""A table as the rest of the house sees it: named, typed columns, and what the reader noticed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from torchwise.texts import Text, tr

Rows = Sequence[int] | NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows and columns, read whole.

    name: short, for folder names and messages.
    source: the path as given, "builtin:NAME", or what kind of frame it was.
    columns: unique names; each column is string, double, int64, bool, date or timestamp; a missing value is null.
    notes: what the reader noticed and did.
    sha256: of the file's bytes; of the Arrow IPC bytes where there is no file.
    lines: the file line on which each row begins, None where there is no text file.
    rows: the position in the source of each row, counted from 0; None means 0, 1, 2 ...
    """

    name: str
    source: str
    columns: pa.Table
    notes: tuple[Text, ...] = ()
    sha256: str = ""
    lines: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)
    rows: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return int(self.columns.num_rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in file order."""
        return tuple(self.columns.column_names)

    def column(self, name: str) -> pa.Array:
        """One column as one array."""
        chunked = self.columns.column(name)
        return chunked.chunk(0) if chunked.num_chunks == 1 else chunked.combine_chunks()

    def take(self, rows: Rows) -> "Table":
        """The rows at these positions (or where a mask is true), in the order given.

        rows: (taken,), integers, or (num_rows,), bool.
        """
        picked = np.asarray(rows)
        picked = np.flatnonzero(picked) if picked.dtype == np.bool_ else picked.astype(np.int64)
        origin = np.arange(self.num_rows) if self.rows is None else self.rows
        return replace(
            self,
            columns=self.columns.take(pa.array(picked)),
            lines=None if self.lines is None else self.lines[picked],
            rows=origin[picked],
        )

    def noting(self, *notes: Text) -> "Table":
        """The same table with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def where(self, row: int) -> str:
        """Where a row stands in the source, for messages: its file line, or its position counted from 0."""
        if self.lines is not None:
            return tr("line {line}", line=int(self.lines[row]))
        return tr("row {row} (the first is 0)", row=int(row if self.rows is None else self.rows[row]))

    def where_all(self, rows: Sequence[int]) -> str:
        """Where several rows stand in the source, for messages."""
        if len(rows) == 1:
            return self.where(rows[0])
        if self.lines is not None:
            return tr("lines {lines}", lines=", ".join(str(int(self.lines[row])) for row in rows))
        origin = np.arange(self.num_rows) if self.rows is None else self.rows
        return tr("rows {rows} (the first is 0)", rows=", ".join(str(int(origin[row])) for row in rows))


def short_name(path: Path) -> str:
    """The file's name without folder and endings: "covid.train" for "data/covid.train.csv.gz"."""
    name = path.name
    for ending in (".gz", ".csv", ".tsv", ".txt", ".tab", ".parquet", ".pq"):
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return name
