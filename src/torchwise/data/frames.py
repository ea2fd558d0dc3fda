"""From a pandas, polars or pyarrow frame, or a Parquet file, to a Table."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from torchwise.data.header import unique_names
from torchwise.data.names import listed
from torchwise.data.table import Table
from torchwise.data.values import finite
from torchwise.errors import Problem
from torchwise.texts import Text, note, tr


def parquet_table(raw: bytes, *, name: str, source: str, sha256: str) -> Table:
    """The table in the bytes of a Parquet file."""
    try:
        arrow = pyarrow.parquet.read_table(pa.BufferReader(raw))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Problem(
            tr("{source} starts like a Parquet file and cannot be read", source=source),
            why=str(error).splitlines()[0],
            fix=tr("write, copy or download the file again; it may have been cut off"),
        ) from error
    notes: list[Text] = []
    index = _pandas_index(arrow)
    if index:
        notes.append(note("the index of the pandas frame was left out: {names}", names=listed(index)))
        arrow = arrow.drop_columns(index)
    return _plain_table(arrow, notes, name=name, source=source, sha256=sha256)


def frame_table(data: Any) -> Table:
    """The table in a frame; pandas and polars are recognised without importing them."""
    notes: list[Text] = []
    if isinstance(data, pa.Table | pa.RecordBatch):
        arrow, source = pa.table(data) if isinstance(data, pa.RecordBatch) else data, tr("a pyarrow table")
    elif (module := type(data).__module__.split(".")[0]) == "pandas" and hasattr(data, "columns"):
        arrow, source = _from_pandas(data, notes), tr("a pandas frame")
    elif module == "polars" and hasattr(data, "to_arrow") and hasattr(data, "columns"):
        arrow, source = data.to_arrow(), tr("a polars frame")
    else:
        raise Problem(
            tr("the data is a {kind}, not a table", kind=type(data).__name__),
            why=tr("what is read is a path, 'builtin:NAME', or a pandas, polars or pyarrow frame"),
            fix=tr("for an array or a dict of columns: pandas.DataFrame(data); for polars' lazy frame: .collect()"),
        )
    return _plain_table(arrow, notes, name="frame", source=source, sha256="")


def _from_pandas(frame: Any, notes: list[Text]) -> pa.Table:
    """The pandas frame as Arrow; its index is left out, and mixed columns become words."""
    if type(frame.index).__name__ != "RangeIndex":
        notes.append(
            note("the index of the pandas frame was left out; to use it as a column, call reset_index() first")
        )
    names = [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
    columns = []
    mixed = []
    for position, name in enumerate(names):
        series = frame.iloc[:, position]
        if str(series.dtype).startswith("Sparse"):
            series = series.sparse.to_dense()
        try:
            column = pa.Array.from_pandas(series)
        except (pa.ArrowException, OverflowError, UnicodeError):
            mixed.append(name)
            column = pa.array(
                [None if gone else _word(value) for value, gone in zip(series, series.isna(), strict=True)]
            )
        columns.append(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    if mixed:
        notes.append(note("values of several types were read as words in {names}", names=listed(mixed)))
    return pa.table(columns, names=names)


def _word(value: object) -> str:
    """A value as a word; what cannot be written as UTF-8 becomes a question mark."""
    return str(value).encode("utf-8", "replace").decode()


def _pandas_index(arrow: pa.Table) -> list[str]:
    """The columns of a Parquet file that were the index of a pandas frame."""
    described = (arrow.schema.pandas_metadata or {}).get("index_columns", [])
    return [name for name in described if isinstance(name, str) and name in arrow.column_names]


def _plain_table(arrow: pa.Table, notes: list[Text], *, name: str, source: str, sha256: str) -> Table:
    """The Arrow table with each column as string, double, int64, bool, date or timestamp."""
    if not arrow.num_rows or not arrow.num_columns:
        raise Problem(
            tr("{source} has no rows", source=source)
            if arrow.num_columns
            else tr("{source} has no columns", source=source),
            why=tr("there is nothing to learn from"),
            fix=tr("check how the table was made"),
        )  # fmt: skip
    names, renames = unique_names(arrow.column_names)
    columns: dict[str, pa.Array] = {}
    nested = []
    infinite = []
    for title, column in zip(names, arrow.columns, strict=True):
        plain = _plain(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
        if plain is None:
            nested.append((title, str(column.type)))
            continue
        columns[title], has_infinite = finite(plain)
        if has_infinite:
            infinite.append(title)
    _tell(notes, nested, infinite)
    if not columns:
        raise Problem(
            tr("{source} has no column of numbers, words, truth values or dates", source=source),
            why=tr("its columns are {types}", types=listed([kind for _, kind in nested], 5)),
            fix=tr("spread lists and structs over columns of their own"),
        )
    table = pa.table(columns)
    return Table(
        name=name, source=source, columns=table, notes=(*notes, *renames), sha256=sha256 or _sha256_of(table)
    )  # fmt: skip


def _tell(notes: list[Text], nested: Sequence[tuple[str, str]], infinite: Sequence[str]) -> None:
    """Add what was noticed to the notes."""
    if nested:
        notes.append(
            note(
                "{names} left out: values of type {types} are no numbers, words or dates",
                names=listed([title for title, _ in nested]),
                types=listed(dict.fromkeys(kind for _, kind in nested), 3),
            )
        )
    if infinite:
        notes.append(
            note(
                "infinite values, and values beyond what a 32-bit number holds, were read as missing in {names}",
                names=listed(infinite),
            )
        )


def _plain(column: pa.Array) -> pa.Array | None:
    """The column in one of the table's own types, or None where it is of no such type."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_null(kind):
        return pa.nulls(len(column), pa.float64())
    if pa.types.is_boolean(kind) or pa.types.is_date32(kind) or pa.types.is_string(kind):
        return column
    if pa.types.is_uint64(kind) and (pc.max(column).as_py() or 0) >= 2**63:
        return column.cast(pa.float64(), safe=False)
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _text_of(column)
    if pa.types.is_date64(kind):
        return column.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        return pc.local_timestamp(column) if kind.tz else column
    if pa.types.is_duration(kind):
        return pc.divide(column.cast(pa.duration("us"), safe=False).cast(pa.int64()).cast(pa.float64()), 1e6)
    return None


def _text_of(column: pa.Array) -> pa.Array | None:
    """A column of bytes as words, if they are UTF-8, as some Parquet writers store them; else None."""
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return None


def _sha256_of(table: pa.Table) -> str:
    """The digest of the table's Arrow IPC bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()
