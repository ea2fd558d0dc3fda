"""Dates: how a column of words writes them, and the numbers they become."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

TIME = (
    r"(?:(?:[T ]+|, )(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r" ?(?P<half>[AaPp][Mm])?(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?$"
)
PATTERNS = {
    "ymd": (
        r"^(?P<year>[12][0-9]{3})(?:-|/|\.|年 ?)(?P<month>[0-9]{1,2})(?:(?:-|/|\.|月 ?)(?P<day>[0-9]{1,2})日?|月)?"
        + TIME
    ),
    "dmy": r"^(?P<day>[0-9]{1,2})[./-](?P<month>[0-9]{1,2})[./-](?P<year>[12][0-9]{3})" + TIME,
    "mdy": r"^(?P<month>[0-9]{1,2})[/-](?P<day>[0-9]{1,2})[/-](?P<year>[12][0-9]{3})" + TIME,
}
FIELDS = ("year", "month", "day", "hour", "minute", "second")
EPOCH = np.datetime64("2000-01-01", "D")


def is_date_type(kind: pa.DataType) -> bool:
    """Whether a column of this type holds dates already."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def date_formats(words: pa.Array) -> list[str]:
    """The formats in which all of these words are dates: none, one, or two where day and month cannot be told apart.

    words: distinct, none missing.
    """
    if not len(words):
        return []
    fitting = [name for name in PATTERNS if not np.isnat(parsed(words, name)).any()]
    if "dmy" in fitting and pc.all(pc.match_substring(words, ".")).as_py():
        return ["dmy"]  # with dots the day comes first wherever it is written so
    return fitting


def parsed(words: pa.Array, date_format: str) -> NDArray[np.datetime64]:
    """(rows,) datetime64[s]; NaT for a missing value and for what is no such date."""
    fields = pc.extract_regex(words, PATTERNS[date_format])
    numbers = {name: _number(fields, name) for name in FIELDS}
    numbers["day"] = np.where(np.isnan(numbers["day"]), np.where(np.isnan(numbers["month"]), np.nan, 1), numbers["day"])
    half = np.array([str(value or "").lower() for value in pc.struct_field(fields, "half").to_pylist()])
    hour = np.nan_to_num(numbers["hour"])
    hour = np.where(half == "", hour, hour % 12 + 12 * (half == "pm"))
    with np.errstate(invalid="ignore"):
        bad = np.isnan(numbers["year"]) | ~_within(numbers["month"], 1, 12) | ~_within(numbers["day"], 1, 31)
        bad |= ~_within(hour, 0, 24) | ~_within(np.nan_to_num(numbers["minute"]), 0, 59)
    clean = {name: np.where(bad, 1, np.nan_to_num(values)).astype(np.int64) for name, values in numbers.items()}
    months = ((clean["year"] - 1970) * 12 + clean["month"] - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (clean["day"] - 1)
    bad |= days.astype("datetime64[M]") != months  # the 30th of February
    seconds = np.where(bad, 0, hour).astype(np.int64) * 3600 + clean["minute"] * 60 + clean["second"]
    return np.where(bad, np.datetime64("NaT", "s"), days.astype("datetime64[s]") + seconds)


def moments(column: pa.Array, date_format: str) -> NDArray[np.datetime64]:
    """(rows,) datetime64[s] of a column of dates or of words in this format; NaT for missing."""
    if is_date_type(column.type):
        found: NDArray[np.datetime64] = column.to_numpy(zero_copy_only=False).astype("datetime64[s]")
        return found
    return parsed(column, date_format)


def has_times(found: NDArray[np.datetime64]) -> bool:
    """Whether any of the dates comes with a time of day other than midnight."""
    known = found[~np.isnat(found)]
    return bool((known != known.astype("datetime64[D]")).any())


def expanded(found: NDArray[np.datetime64], parts: tuple[str, ...]) -> NDArray[np.float64]:
    """(rows, parts), NaN for missing: days since 2000-01-01, month 1-12, weekday 0-6 from Monday, hour 0-23.99."""
    days = found.astype("datetime64[D]")
    since = (days - EPOCH).astype(np.float64)
    months = found.astype("datetime64[M]")
    values = {
        "days": since,
        "month": (months - months.astype("datetime64[Y]")).astype(np.float64) + 1,
        "weekday": (since + 5) % 7,  # 2000-01-01 was a Saturday
        "hour": (found - days).astype("timedelta64[s]").astype(np.float64) / 3600,
    }
    result = np.stack([values[part] for part in parts], axis=1)
    result[np.isnat(found)] = np.nan
    return result


def _number(fields: pa.StructArray, name: str) -> NDArray[np.float64]:
    """(rows,) the numbers of one field, NaN where it is not there."""
    text = pc.struct_field(fields, name)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return np.asarray(text.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _within(values: NDArray[np.float64], low: int, high: int) -> NDArray[np.bool_]:
    """Whether each value lies between both bounds, themselves included."""
    return (values >= low) & (values <= high)
