"""From a column to the numbers of the raw tensor, or to the first value that does not fit."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from torchwise.data.columns import Column, Kind
from torchwise.data.dates import expanded, is_date_type, moments
from torchwise.data.numerals import NUMBERLIKE
from torchwise.data.values import MISSING_AMONG_NUMBERS, blanked

YES_NO = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("否", "是"), ("off", "on"), ("0", "1"))
NO_WORDS = frozenset(no for no, _ in YES_NO)
YES_WORDS = frozenset(yes for _, yes in YES_NO)


class Misfit(Exception):
    """The first value that a kind of column has no number for, and how many there are; a Problem is made of it."""

    def __init__(self, row: int, value: object, count: int = 1, kind: Kind = "number") -> None:
        super().__init__(row, value, count, kind)
        self.row, self.value, self.count, self.kind = row, value, count, kind


def is_words(kind: pa.DataType) -> bool:
    """Whether a column of this type holds words."""
    return bool(pa.types.is_string(kind))


def as_words(column: pa.Array) -> pa.Array:
    """Any column as words; a whole number has no ".0", so 1 and 1.0 are the same category."""
    if is_words(column.type):
        return column
    if pa.types.is_floating(column.type):
        coded = column.dictionary_encode()
        words = [None if value is None else _shortest(value) for value in coded.dictionary.to_pylist()]
        return pa.array(words, pa.string()).take(coded.indices)
    return column.cast(pa.string())


def numbers(column: pa.Array) -> NDArray[np.float64]:
    """(rows,) float64, missing = NaN.

    Raises Misfit for a word or a date.
    """
    if is_words(column.type):
        present = blanked(column, MISSING_AMONG_NUMBERS)
        try:
            column = present.cast(pa.float64())
        except pa.ArrowInvalid:
            raise first_stray(present) from None
    elif is_date_type(column.type):
        raise _first_of(column, column.is_valid(), "number")
    as_float = column.cast(pa.float64(), safe=False)
    return np.asarray(as_float.to_numpy(zero_copy_only=False), dtype=np.float64)


def first_stray(present: pa.Array) -> Misfit:
    """The first value that is no number however it is written, else the first that is not written plainly."""
    lost = pc.invert(pc.match_substring_regex(present, NUMBERLIKE))
    if not pc.any(lost).as_py():
        lost = pc.invert(pc.match_substring_regex(present, NUMBER))
    return _first_of(present, lost, "number")


NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


def yes_no(column: pa.Array, words: tuple[str, ...]) -> NDArray[np.float64]:
    """(rows,) float64, 0 for no and 1 for yes, missing = NaN.

    Raises Misfit for a word that means neither.
    """
    if not is_words(column.type):
        return numbers(column)
    present = pc.utf8_lower(column)
    no = pc.is_in(present, value_set=pa.array(sorted({*NO_WORDS, *words[:1]})))
    yes = pc.is_in(present, value_set=pa.array(sorted({*YES_WORDS, *words[1:]})))
    known = pc.or_(no, yes)
    lost = pc.and_(pc.invert(known), pc.is_valid(present))
    if pc.any(lost).as_py():
        among = blanked(column, MISSING_AMONG_NUMBERS)
        lost = pc.and_(lost, pc.is_valid(among))
        if pc.any(lost).as_py():
            raise _first_of(column, lost, "yes/no")
    values = pc.if_else(known, yes.cast(pa.float64()), pa.scalar(None, pa.float64()))
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def codes(column: pa.Array, categories: tuple[str, ...]) -> NDArray[np.float64]:
    """(rows,) float64: the place of each value among the categories, from 1; 0 for an unknown or missing value."""
    found = pc.index_in(as_words(column), value_set=pa.array(categories, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.float64) + 1


def dates(column: pa.Array, date_format: str, parts: tuple[str, ...]) -> NDArray[np.float64]:
    """(rows, parts) float64, missing = NaN.

    Raises Misfit for what is no date in this format.
    """
    if is_words(column.type):
        column = blanked(column, MISSING_AMONG_NUMBERS)
    elif not is_date_type(column.type) and column.null_count < len(column):
        raise _first_of(column, column.is_valid(), "date")
    if column.null_count == len(column):
        return np.full((len(column), len(parts)), np.nan)
    found = moments(column, date_format or "ymd")
    lost = pc.and_(pa.array(np.isnat(found)), column.is_valid())
    if pc.any(lost).as_py():
        raise _first_of(column, lost, "date")
    return expanded(found, parts)


def encoded(column: pa.Array, meaning: Column) -> NDArray[np.float64]:
    """(rows, slots of the column) float64.

    Raises Misfit for a value that does not fit the column's kind.
    """
    if meaning.kind == "date":
        return dates(column, meaning.date_format, meaning.parts)
    if meaning.kind == "category":
        return codes(column, meaning.categories)[:, None]
    if meaning.kind == "yes/no":
        return yes_no(column, meaning.words)[:, None]
    return numbers(column)[:, None]


def _first_of(column: pa.Array, lost: pa.Array, kind: Kind) -> Misfit:
    """The first of the values that do not fit."""
    positions = np.flatnonzero(pc.fill_null(lost, False).to_numpy(zero_copy_only=False))
    return Misfit(int(positions[0]), column[int(positions[0])].as_py(), len(positions), kind)


def _shortest(value: float) -> str:
    """A number as people write it: 3 for 3.0."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
