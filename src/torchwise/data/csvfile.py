"""From the text of a file to columns of strings, with the file line of each row."""

import csv
import io
import re
import sys
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from torchwise.data.names import quoted
from torchwise.errors import Problem
from torchwise.texts import tr, trn


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The cells of a text file, all of them strings.

    header: the first row's fields, on file line `header_line`. columns: one string array a field; there is one more
    than in the header where every row has one more. lines: the file line on which each row begins. blank: the lines
    with nothing on them.
    """

    header: list[str]
    columns: list[pa.Array]
    lines: NDArray[np.int64]
    blank: list[int]
    header_line: int


def split_cells(text: str, delimiter: str, source: str) -> Cells:
    """The cells of the text.

    Raises Problem where a row is longer or shorter than the header, or a quote is never closed.
    """
    if '"' in text:
        return _split_quoted(text, delimiter, source)
    return _split_plain(text, delimiter, source)


def _split_plain(text: str, delimiter: str, source: str) -> Cells:
    """The cells of a text without quotes: each line is a row, so Arrow reads it at full speed."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    filled = np.array([bool(line.strip(" ")) for line in lines])
    numbers = np.flatnonzero(filled) + 1
    blank = [int(line) for line in np.flatnonzero(~filled) + 1]
    if blank:
        lines = [line for line in lines if line.strip(" ")]
    widths = np.array([line.count(delimiter) for line in lines], dtype=np.int64) + 1
    header = lines[0].split(delimiter)
    _check_widths(widths[1:], numbers[1:], len(header), delimiter, source)
    width = int(widths[-1])
    return Cells(
        header=header,
        columns=_arrow_columns(lines[1:], width, delimiter),
        lines=numbers[1:],
        blank=blank,
        header_line=int(numbers[0]),
    )


def _arrow_columns(lines: list[str], width: int, delimiter: str) -> list[pa.Array]:
    """The columns of lines that all have this many fields and hold no quotes."""
    if width == 1:  # a line of spaces would be skipped as empty
        return [pa.array(lines, pa.string())]
    if not lines:
        return [pa.array([], pa.string())] * width
    data = "\n".join(lines).encode()
    names = [str(index) for index in range(width)]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(data),
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, use_threads=False, block_size=min(len(data) + 1, 2**31 - 1)
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    assert table.num_rows == len(lines), "every line is a row"
    return [column.combine_chunks() for column in table.columns]


def _split_quoted(text: str, delimiter: str, source: str) -> Cells:
    """The cells of a text with quotes, by Python's own reader, which tells the line of each row."""
    rows: list[list[str]] = []
    starts: list[int] = []
    blank: list[int] = []
    start = 0  # the last line of the row before
    # `1, "a, b"`: a quote behind a space would not count as one.
    spaced = re.search(rf'(?m)(?:^|{re.escape(delimiter)}) +"', text) is not None
    limit = csv.field_size_limit(sys.maxsize)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=spaced)
        for row in reader:
            if row and not (len(row) == 1 and len(rows) and len(rows[0]) > 1 and not row[0].strip()):
                rows.append(row)
                starts.append(start + 1)
            else:
                blank.append(start + 1)
            start = reader.line_num
    finally:
        csv.field_size_limit(limit)
    if not rows:
        return Cells(header=[], columns=[], lines=np.array([], dtype=np.int64), blank=blank, header_line=1)
    widths = np.array([len(row) for row in rows], dtype=np.int64)
    lines = np.array(starts, dtype=np.int64)
    _check_closed(text, starts[-1], delimiter, source)
    _check_widths(widths[1:], lines[1:], int(widths[0]), delimiter, source)
    columns = [pa.array(column, pa.string()) for column in zip(*rows[1:], strict=True)]
    columns = columns or [pa.array([], pa.string())] * int(widths[0])
    return Cells(header=rows[0], columns=columns, lines=lines[1:], blank=blank, header_line=int(lines[0]))


def _check_closed(text: str, last_start: int, delimiter: str, source: str) -> None:
    """A Problem if the last row swallowed the rest of the file, because its quote is never closed."""
    lines = io.StringIO(text, newline="").readlines()[last_start - 1 :]
    limit = csv.field_size_limit(sys.maxsize)
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" not in str(error):
            return
        raise Problem(
            tr("{source}, line {line}: a quote (\") is opened and never closed", source=source, line=last_start),
            why=tr("everything up to the end of the file would be one value, beginning {value}",
                   value=quoted(lines[0].rstrip("\r\n"))),
            fix=tr("close the quote, or write \"\" for a quote that belongs to the value"),
        ) from error  # fmt: skip
    finally:
        csv.field_size_limit(limit)


def _check_widths(
    widths: NDArray[np.int64], lines: NDArray[np.int64], expected: int, delimiter: str, source: str
) -> None:
    """A Problem for rows that are not as long as the header, unless all of them have just one field more."""
    wrong = np.flatnonzero(widths != expected)
    if not len(wrong) or (len(wrong) == len(widths) and (widths == expected + 1).all()):
        return
    first = int(wrong[0])
    found = int(widths[first])
    what = tr("{source}, line {line}: {found} fields, where the header has {expected}", source=source,
              line=int(lines[first]), found=found, expected=expected)  # fmt: skip
    if len(wrong) > 1:
        shown = ", ".join(str(int(line)) for line in lines[wrong[1:6]])
        what += trn(
            "; {count} other row does not fit either (line {lines})",
            "; {count} other rows do not fit either (lines {lines})",
            len(wrong) - 1,
            lines=shown if len(wrong) <= 6 else shown + " ...",
        )
    name = {"\t": tr("a tab")}.get(delimiter, quoted(delimiter))
    why = tr("the fields of a row are separated by {delimiter}; a row that is not as long as the header "
             "would put values into the wrong columns", delimiter=name)  # fmt: skip
    if found > expected:
        fix = tr(
            'put a value that holds {delimiter} into quotes ("..."), or take the surplus field out', delimiter=name
        )
    else:
        fix = tr("add what is missing (an empty field will do), or take the row out")
    raise Problem(what, why=why, fix=fix)
