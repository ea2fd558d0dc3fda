"""From columns of strings to columns of numbers, truth values or words, saying what was not plain."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from torchwise.data.names import listed, quoted
from torchwise.data.numerals import Style, grouped_by_points, plain_number, styled_number
from torchwise.texts import Text, note

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "#N/A", "#NA", "<NA>", "NaT", "?",
           "缺失", "缺失值", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#N/A N/A")  # fmt: skip
# These are missing between numbers and dates; between words they may be words ("None" as in "no garage").
MISSING_AMONG_NUMBERS = (*MISSING, "None", "NONE", "none", "na", "Na", "-", "--", "---", ".", "nil", "无", "空")
LARGEST = float(np.finfo(np.float32).max)  # training is in float32


@dataclass
class Remarks:
    """What was noticed column by column, told together at the end: for each key the columns, in file order."""

    columns: dict[str, list[str]] = field(default_factory=dict)

    def add(self, key: str, column: str) -> None:
        """Note that something holds for a column."""
        self.columns.setdefault(key, []).append(column)

    def notes(self) -> list[Text]:
        """One note for each thing noticed."""
        return [MEANINGS[key](listed(names, 5)) for key, names in self.columns.items()]


MEANINGS = {
    "spaces": lambda names: note("spaces around values were taken off in {names}", names=names),
    "comma": lambda names: note("the comma was read as the decimal sign in {names}", names=names),
    "group": lambda names: note("thousands separators were taken out in {names}", names=names),
    "%": lambda names: note('per cent signs were taken off in {names}: "12%" is 12', names=names),
    "money": lambda names: note("currency signs were taken off in {names}", names=names),
    "zeros": lambda names: note(
        "numbers with leading zeros were kept as words in {names}: they are codes, not quantities", names=names
    ),
    "infinite": lambda names: note(
        "infinite values, and values beyond what a 32-bit number holds, were read as missing in {names}", names=names
    ),
    "words": lambda names: note('"NA", "null", "?" or the like was read as missing in {names}', names=names),
    "none": lambda names: note('"None" or "-" was kept as a word in {names}; leave a cell empty to say missing',
                               names=names),
}  # fmt: skip


def typed_columns(strings: Mapping[str, pa.Array], delimiter: str) -> tuple[dict[str, pa.Array], list[Text]]:
    """Each column as numbers, truth values or words.

    Whether "1,234" is a thousand or a little more than one is told by the other columns, then by the delimiter.
    """
    remarks = Remarks()
    trimmed = {name: _trimmed(name, column, remarks) for name, column in strings.items()}
    typed: dict[str, pa.Array | None] = {}
    unclear = []
    styles = set()
    for name, column in trimmed.items():
        typed[name], style = _typed(name, column, remarks)
        if style is Style.UNCLEAR:
            unclear.append(name)
        elif style is not None:
            styles.add(style)
    fallback = Style.COMMA if delimiter == ";" else Style.POINT
    style = Style.COMMA if Style.COMMA in styles else Style.POINT if Style.POINT in styles else fallback
    for name, column in typed.items() if Style.COMMA in styles else ():
        if column is not None and pa.types.is_floating(column.type):
            grouped = grouped_by_points(blanked(trimmed[name], MISSING_AMONG_NUMBERS))
            if grouped is not None:
                typed[name] = grouped
                remarks.add("group", name)
    for name in unclear:
        typed[name], _ = _typed(name, trimmed[name], remarks, style)
    return {name: typed[name] for name in strings}, remarks.notes()


def _trimmed(name: str, column: pa.Array, remarks: Remarks) -> pa.Array:
    """The column without spaces around its values."""
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.sum(pc.binary_length(trimmed)).as_py() != pc.sum(pc.binary_length(column)).as_py():
        remarks.add("spaces", name)
    return trimmed


def _typed(name: str, column: pa.Array, remarks: Remarks, style: Style | None = None) -> tuple[pa.Array, Style | None]:
    """One column, trimmed, as what it holds; and the style its numbers are written in, where it tells one."""
    present = blanked(column, MISSING_AMONG_NUMBERS)
    if present.null_count == len(present):
        return pa.nulls(len(column), pa.float64()), None
    if (truths := _truths(present)) is not None:
        return truths, None
    numbers = plain_number(present)
    if numbers is None:
        numbers, marks, style = styled_number(present, style)
        if style is Style.UNCLEAR:
            return None, style
        for mark in marks if numbers is not None else ():
            remarks.add(mark, name)
    if numbers is None:
        return _words(name, column, present, remarks), style
    numbers, has_infinite = finite(numbers)
    if has_infinite:
        remarks.add("infinite", name)
    return numbers, style


def blanked(column: pa.Array, tokens: tuple[str, ...]) -> pa.Array:
    """The column with null where a token for a missing value stands."""
    is_missing = pc.is_in(column, value_set=pa.array(tokens))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), column)


def _truths(present: pa.Array) -> pa.Array | None:
    """The column as bool where it holds nothing but true and false, in any case."""
    first = pc.utf8_lower(present.drop_null().slice(0, 1))[0].as_py()
    if first not in ("true", "false"):
        return None
    lowered = pc.utf8_lower(present)
    if not pc.all(pc.is_in(lowered, value_set=pa.array(["true", "false", None], pa.string()))).as_py():
        return None
    return pc.equal(lowered, "true")


def finite(numbers: pa.Array) -> tuple[pa.Array, bool]:
    """The numbers with null for NaN, infinity and what float32 cannot hold; and whether there was any but NaN."""
    if not pa.types.is_floating(numbers.type):
        return numbers, False
    is_nan = pc.is_nan(numbers)
    is_large = pc.and_not(pc.greater(pc.abs(numbers), LARGEST), is_nan)
    has_large = bool(pc.any(is_large).as_py())
    if has_large or pc.any(is_nan).as_py():
        numbers = pc.if_else(pc.or_(is_large, is_nan), pa.scalar(None, pa.float64()), numbers)
    return numbers, has_large


def _words(name: str, column: pa.Array, present: pa.Array, remarks: Remarks) -> pa.Array:
    """The column as words, null only where the token can be no word."""
    words = blanked(column, MISSING)
    if pc.any(pc.match_substring_regex(present, r"^[+-]?0[0-9]+$")).as_py():
        only_numbers = pc.all(pc.match_substring_regex(present, r"^[+-]?[0-9]+$")).as_py()
        if only_numbers:
            remarks.add("zeros", name)
            return present
    if words.null_count > pc.sum(pc.equal(column, "")).as_py():
        remarks.add("words", name)
    if present.null_count > words.null_count:
        remarks.add("none", name)
    return words


def describe(values: pa.Array) -> str:
    """A few of the values, for messages."""
    return listed((str(value) for value in values.unique().slice(0, 3).to_pylist()), 3) if len(values) else quoted("")
