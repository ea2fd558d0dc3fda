"""From whatever the user names (a file, a built-in table, a frame) to a Table."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from torchwise.data.builtin import builtin_table
from torchwise.data.csvfile import Cells, split_cells
from torchwise.data.delimiters import sniff
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

    data: a path, or a pandas, polars or pyarrow frame.
    Raises Problem for what is no table, naming the file, the line and the column.
    """
    if isinstance(data, str) and data.startswith(BUILTIN):
        return builtin_table(data.removeprefix(BUILTIN))
    if isinstance(data, str | Path):
        return _read_file(str(data))
    return frame_table(data)


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
    if delimiter is None:
        delimiter = sniff(text)
        if delimiter != ",":
            notes.append(note("the values are separated by {delimiter}", delimiter=_spelled(delimiter)))
    cells = split_cells(text, delimiter, source)
    if cells.blank:
        notes.append(_blank_lines(cells.blank))
    header, cells, more = _matched(cells)
    _check_rows(header, cells, source)
    check_is_header(header, cells.columns, int(cells.lines[0]) - 1, source)
    names, renames = unique_names(header)
    strings, empty = _without_empty(names, header, cells.columns)
    columns, remarks = typed_columns(strings, delimiter)
    return Table(
        name=name,
        source=source,
        columns=pa.table(columns),
        notes=(*notes, *more, *empty, *(renames if len(strings) else ()), *remarks),
        sha256=sha256,
        lines=cells.lines,
    )


def _announced(text: str) -> tuple[str, str | None]:
    """The text and the delimiter that a first line like Excel's `sep=;` announces; the line is left blank."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip("\r ")) == 5:
        return "\n" + rest, first.strip("\r ")[4]
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


def _matched(cells: Cells) -> tuple[list[str], Cells, list[Text]]:
    """The header as long as the rows are, where each row has one field more."""
    header = cells.header
    if len(cells.columns) <= len(header):
        return header, cells, []
    if pc.all(pc.equal(pc.utf8_trim_whitespace(cells.columns[-1]), "")).as_py():
        return [*header, ""], cells, []
    added = note("the rows have one value more than the header, so the first column is taken for row names")
    return ["", *header], cells, [added]


def _check_rows(header: list[str], cells: Cells, source: str) -> None:
    """A Problem for a table without rows."""
    if not len(cells.lines):
        raise Problem(
            tr("{source} has a header and no rows", source=source),
            why=tr("its only row is {names}", names=listed(header, 6)),
            fix=tr("check that the file was written to its end"),
        )


def _without_empty(
    names: list[str], header: list[str], columns: list[pa.Array]
) -> tuple[dict[str, pa.Array], list[Text]]:
    """The columns by name, without those that have neither a name nor a value."""
    kept = {}
    left_out = []
    for name, title, column in zip(names, header, columns, strict=True):
        if not title.strip() and pc.all(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py():
            left_out.append(name)
        else:
            kept[name] = column
    notes = [note("{names} left out: neither a name nor a value", names=listed(left_out))] if left_out else []
    return kept, notes
