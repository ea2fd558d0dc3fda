"""What a column holds, told from its name and values."""

import re
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from torchwise.data.columns import DATE_PARTS, Column
from torchwise.data.convert import NUMBER, YES_NO, as_words, is_words
from torchwise.data.dates import date_formats, has_times, is_date_type, moments
from torchwise.data.names import quoted
from torchwise.data.numerals import plain_number
from torchwise.data.values import MISSING_AMONG_NUMBERS, blanked
from torchwise.texts import Text, note

FEW = 20  # values; so few are always categories if each comes twice on average
REPEATS = 5  # how often each category comes on average, else it is text
NEARLY_EMPTY = 0.01  # the share of values below which a column says too little
FEWEST_COUNTED = 10  # rows; 1, 2, 3 in three rows may well be quantities
ID_NAMES = re.compile(
    r"(?i:(.*[_ .-])?(id|ids|idx|index|uuid|guid|no|nr|key|rownames|row_?id|row_?number|unnamed: 0))"
    r"|.*(编号|序号|学号|单号|身份证号?)|.*[a-z](ID|Id)"
)
COUNTED = re.compile(r"(?i)(time|day|days|week|weeks|month|year|hour|minute|second|step|t|x|age|dose|rank|size|"
                     r"时间|天|日|周|月|年)")  # fmt: skip


def kind_of(name: str, column: pa.Array) -> Column:
    """The column as it reads by itself."""
    present = column.drop_null()
    distinct = present.unique()
    known = Column(
        name=name, kind="constant", used=False, missing=column.null_count,
        examples=tuple(_short(value) for value in islice(distinct, 3)),
    )  # fmt: skip
    if (said := _too_little(present, distinct, len(column))) is not None:
        return replace(known, why=said)
    if is_date_type(column.type):
        return as_date(known, column, "")
    if pa.types.is_boolean(column.type):
        return replace(known, kind="yes/no", used=True)
    if is_words(column.type):
        return _of_words(known, column, present, distinct)
    return _of_numbers(known, column, distinct)


def _too_little(present: pa.Array, distinct: pa.Array, num_rows: int) -> Text | None:
    """Why the column cannot tell rows apart, if so."""
    if not len(present):
        return note("it is empty")
    if len(distinct) == 1 and len(present) == num_rows:
        return note("every row has {value}", value=quoted(_short(distinct[0])))
    if len(present) < NEARLY_EMPTY * num_rows:
        return note("it is nearly empty: {count} of {rows} rows have a value", count=len(present), rows=num_rows)
    return None


def _of_numbers(known: Column, column: pa.Array, distinct: pa.Array) -> Column:
    """A column of numbers: a row id, 0 and 1 for no and yes, or quantities."""
    if (said := id_reason(known.name, column, distinct)) is not None:
        return replace(known, kind="id", why=said)
    if pa.types.is_integer(column.type) and set(islice(distinct.to_pylist(), 3)) == {0, 1}:
        return replace(known, kind="yes/no", used=True)
    return replace(known, kind="number", used=True)


def id_reason(name: str, column: pa.Array, distinct: pa.Array) -> Text | None:
    """Why whole numbers are row ids and not quantities, if so."""
    num_rows = len(column)
    if column.null_count or len(distinct) < num_rows or num_rows < FEWEST_COUNTED:
        return None
    if pa.types.is_floating(column.type) and not pc.all(pc.equal(pc.floor(column), column)).as_py():
        return None
    values = column.to_numpy(zero_copy_only=False)
    if values[0] in (0, 1) and not COUNTED.fullmatch(name) and (np.diff(values) == 1).all():
        return note("it counts the rows from {first} on", first=int(values[0]))
    if ID_NAMES.fullmatch(name):
        return note("it is named like an id, and each row has another value")
    return None


def _of_words(known: Column, column: pa.Array, present: pa.Array, distinct: pa.Array) -> Column:
    """A column of words: yes and no, dates, categories, ids, or text."""
    lowered = tuple(sorted({str(value).lower() for value in islice(distinct.to_pylist(), 10)}))
    for words in YES_NO:
        if len(distinct) <= 4 and lowered == tuple(sorted(words)):
            return replace(known, kind="yes/no", used=True, words=words)
    strict = blanked(distinct, MISSING_AMONG_NUMBERS).drop_null()
    formats = date_formats(strict)
    if len(formats) == 1:
        return as_date(known, blanked(column, MISSING_AMONG_NUMBERS), formats[0])
    if formats:
        said = note(
            "{value} may be day/month or month/day, and no value tells which; write the dates as 2024-01-31",
            value=known.examples[0],
        )
        return replace(known, kind="text", why=said)
    return _of_names(known, present, distinct)


def _of_names(known: Column, present: pa.Array, distinct: pa.Array) -> Column:
    """A column of words that are neither yes and no nor dates: categories, ids, or text."""
    num_distinct, num_present = len(distinct), len(present)
    repeats = num_present / num_distinct
    if (
        num_distinct == 1
        or repeats >= REPEATS
        or (num_distinct <= FEW and (repeats >= 2 or (num_present < 2 * FEW and repeats > 1)))
    ):
        return replace(known, kind="category", used=True)
    if plain_number(distinct) is not None:  # of a frame: in a file they would have been read as numbers
        return replace(known, kind="number", used=True, why=note("its words are all numbers"))
    if num_distinct == num_present and num_present > 2 and _are_short(distinct):
        return replace(known, kind="id", why=note("each row has another value"))
    said = note(
        "{distinct} different values in {count} rows: too few rows of each to learn from",
        distinct=num_distinct, count=num_present,
    )  # fmt: skip
    return replace(known, kind="text", why=said)


def as_date(known: Column, column: pa.Array, date_format: str) -> Column:
    """The column as a date, with the hour only where there is one."""
    parts = DATE_PARTS if has_times(moments(column, date_format)) else DATE_PARTS[:-1]
    return replace(known, kind="date", used=True, why=None, date_format=date_format, parts=parts)


def as_category(known: Column, column: pa.Array) -> Column:
    """The column as a category of all its values."""
    words = as_words(column.drop_null().unique()).to_pylist()
    return replace(known, kind="category", used=True, why=None, categories=tuple(in_order(words)))


def in_order(words: list[str]) -> list[str]:
    """The words sorted; as numbers where all are numbers."""
    if all(re.fullmatch(NUMBER, word) for word in words):
        return sorted(words, key=lambda word: (float(word), word))
    return sorted(words)


def _are_short(distinct: pa.Array) -> bool:
    """Whether the words are single and short, as names and codes are."""
    spaced = pc.mean(pc.match_substring(distinct, " ").cast(pa.float64())).as_py()
    return bool(spaced < 0.5 and pc.max(pc.utf8_length(distinct)).as_py() <= 64)


def _short(value: Any, longest: int = 40) -> str:
    """A value as an example."""
    text = str(value.as_py() if isinstance(value, pa.Scalar) else value)
    return text if len(text) <= longest else text[: longest - 3] + "..."
