"""From whatever the user names (a file, a built-in table, a frame) to a Table."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from torchwise.data.builtin import builtin_table
from torchwise.data.csvfile import Cells, split_cells
from torchwise.data.delimiters import CANDIDATES, sniff
from torchwise.data.encodings import decoded, unpacked
from torchwise.data.files import bytes_of, check_is_table_text
from torchwise.data.frames import frame_table, parquet_table
from torchwise.data.header import check_is_header, unique_names
from torchwise.data.names import listed
from torchwise.data.table import Table, short_name
from torchwise.data.values import typed_columns
from torchwise.errors import Problem
from torchwise.texts import Text, note, tr

BUILTIN = "builtin:"


def read_table(data: Any) -> Table:
    """The table in a .csv, .tsv, .txt (also .gz) or .parquet file, a "builtin:NAME", or a frame.

    data: a path, a pandas, polars or pyarrow frame, or a Table, which stays as it is.
    Raises Problem for what is no table, naming the file, the line and the column.
    """
    if isinstance(data, str) and data.startswith(BUILTIN):
        return builtin_table(data.removeprefix(BUILTIN))
    if isinstance(data, str | Path):
        return _read_file(str(data))
    return data if isinstance(data, Table) else frame_table(data)


def _read_file(source: str) -> Table:
    """The table in a file."""
    raw = bytes_of(source)
    name = short_name(Path(source))
    sha256 = hashlib.sha256(raw).hexdigest()
    if raw.startswith(b"PAR1"):
        return parquet_table(raw, name=name, source=source, sha256=sha256)
    text, notes = decoded(unpacked(raw, source), source)
    return _text_table(text, notes, name=name, source=source, sha256=sha256)


def _text_table(text: str, notes: list[Text], *, name: str, source: str, sha256: str) -> Table:
    """The table in the text of a file."""
    check_is_table_text(text, source)
    text, delimiter = _announced(text)
    check_is_table_text(text, source)
    if delimiter is None:
        delimiter = sniff(text)
        if delimiter != ",":
            notes.append(note("the values are separated by {delimiter}", delimiter=_spelled(delimiter)))
    cells = split_cells(text, delimiter, source)
    if cells.blank:
        notes.append(_blank_lines(cells.blank))
    cells, more = _matched(cells)
    _check_rows(cells, source)
    check_is_header(cells.header, cells.columns, cells.header_line, source)
    cells, empty = _without_empty(cells)
    names, renames = unique_names(cells.header)
    columns, remarks = typed_columns(dict(zip(names, cells.columns, strict=True)), delimiter)
    return Table(
        name=name,
        source=source,
        columns=pa.table(columns),
        notes=(*notes, *more, *empty, *renames, *remarks),
        sha256=sha256,
        lines=cells.lines,
    )


def _announced(text: str) -> tuple[str, str | None]:
    """The text and the delimiter that a first line like Excel's `sep=;` announces; the line is left empty."""
    first, _, rest = text.partition("\n")
    announced = first.rstrip("\r")
    if len(announced) == 5 and announced.lower().startswith("sep=") and announced[4] in CANDIDATES:
        return "\n" + rest, announced[4]
    return text, None


def _spelled(delimiter: str) -> str:
    """The delimiter as people call it."""
    return {";": tr("semicolons"), "\t": tr("tabs"), "|": tr("bars (|)")}[delimiter]


def _blank_lines(lines: list[int]) -> Text:
    """The note about lines with nothing on them."""
    shown = ", ".join(str(line) for line in lines[:5]) + (" ..." if len(lines) > 5 else "")
    if len(lines) == 1:
        return note("a blank line was passed over (line {lines})", lines=shown)
    return note("{count} blank lines were passed over (lines {lines})", count=len(lines), lines=shown)


def _matched(cells: Cells) -> tuple[Cells, list[Text]]:
    """The cells with a header as long as the rows are, where each row has one field more."""
    if len(cells.columns) <= len(cells.header):
        return cells, []
    if _is_empty(cells.columns[-1]):
        return replace(cells, header=[*cells.header, ""]), []
    added = note("the rows have one value more than the header, so the first column is taken for row names")
    return replace(cells, header=["", *cells.header]), [added]


def _check_rows(cells: Cells, source: str) -> None:
    """A Problem for a table without rows, and for one that seems to be separated by spaces."""
    if not len(cells.lines):
        raise Problem(
            tr("{source} has a header and no rows", source=source),
            why=tr("its only row is {names}", names=listed(cells.header, 6)),
            fix=tr("check that the file was written to its end"),
        )
    if len(cells.header) == 1 and len(words := cells.header[0].split()) > 1:
        rows = cells.columns[0].slice(0, 100).to_pylist()
        if all(len(row.split()) == len(words) for row in rows):
            raise Problem(
                tr("{source} seems to be separated by spaces", source=source),
                why=tr("commas, semicolons, tabs and bars separate columns; a space may belong to a value"),
                fix=tr("write it with commas; with pandas: pd.read_csv(path, sep=r'\\s+').to_csv(path, index=False)"),
            )


def _without_empty(cells: Cells) -> tuple[Cells, list[Text]]:
    """The cells without the columns that have neither a name nor a value."""
    numbers = range(len(cells.columns))
    empty = [i for i in numbers if not cells.header[i].strip() and _is_empty(cells.columns[i])]
    if not empty or len(empty) == len(cells.columns):
        return cells, []
    kept = [index for index in numbers if index not in empty]
    places = ", ".join(str(index + 1) for index in empty[:5]) + (" ..." if len(empty) > 5 else "")
    header, columns = [cells.header[i] for i in kept], [cells.columns[i] for i in kept]
    said = note("a column without a name or any value was left out (column {places})", places=places)
    return replace(cells, header=header, columns=columns), [said]


def _is_empty(column: pa.Array) -> bool:
    """Whether there is nothing but spaces in a column."""
    return bool(pc.all(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py())
