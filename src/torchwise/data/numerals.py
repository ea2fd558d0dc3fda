"""How numbers are written: plain, with a decimal comma, with thousands separators, with % or a currency sign."""

import enum

import pyarrow as pa
import pyarrow.compute as pc

GROUP = "[,. '’\u00a0\u202f]"
PLAIN = r"[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?|[0-9]+\."
POINT_GROUPS = "[0-9]{1,3}([, '’\u00a0\u202f][0-9]{3})+(\\.[0-9]+)?"
COMMA_DECIMAL = r"[0-9]*,[0-9]+([eE][+-]?[0-9]+)?"
COMMA_GROUPS = "[0-9]{1,3}([. '’\u00a0\u202f][0-9]{3})+(,[0-9]+)?"
MONEY = "[$€£¥￥₹]"
# Any of these: what a person would call a number, whatever the other values of the column are.
NUMBERLIKE = rf"^[+-]?\s*{MONEY}?\s*[+-]?({PLAIN}|{POINT_GROUPS}|{COMMA_DECIMAL}|{COMMA_GROUPS})\s*({MONEY}|[%％])?$"


class Style(enum.Enum):
    """What the comma in numbers is for."""

    POINT = "1,234.5"
    COMMA = "1.234,5"
    UNCLEAR = "1,234"


def plain_number(present: pa.Array) -> pa.Array | None:
    """The strings as int64 or double, or None if one of them is no plain number or is a code with leading zeros."""
    try:  # doubles first: where it fails, Arrow's cast to integers is twenty times slower
        numbers = present.cast(pa.float64())
        if not _any(present, "[.eEnN]"):
            numbers = present.cast(pa.int64())
    except pa.ArrowInvalid:
        return _plain_large(present)
    # Leading zeros make a code; Arrow also takes 0x1F.
    return None if _any(present, r"^[+-]?0[0-9xX]") else numbers


def _plain_large(present: pa.Array) -> pa.Array | None:
    """Whole numbers of which some are too large for int64, as double; None for anything else."""
    return present.cast(pa.float64()) if _all(present, r"^-?[1-9][0-9]*$|^0$") else None


def grouped_by_points(present: pa.Array) -> pa.Array | None:
    """The strings as double where all points in them could be thousands separators, else None."""
    if not _any(present, r"\.") or not _all(present, r"^[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)$"):
        return None
    return pc.replace_substring_regex(present, r"[.+]", "").cast(pa.float64())


def styled_number(present: pa.Array, style: Style | None = None) -> tuple[pa.Array | None, list[str], Style | None]:
    """The strings as double, the marks they carried ("%", "money", "group", "comma"), and their style.

    With `style` given, a column that could be read either way is read so; without, its style is UNCLEAR.
    The number is None where the strings are no numbers.
    """
    bare, marks = _without_signs(present)
    if _any(bare, r"^[+-]?0[0-9]"):
        return None, [], None
    fits_point = _all(bare, f"^[+-]?({PLAIN}|{POINT_GROUPS})$")
    fits_comma = _all(bare, f"^[+-]?([0-9]+|{COMMA_DECIMAL}|{COMMA_GROUPS})$")
    if not fits_point and not fits_comma:
        return None, [], None
    if fits_point and fits_comma:
        if not _any(bare, ","):
            style = style if _any(bare, r"\.") else Style.POINT
        if style is None:
            return None, [], Style.UNCLEAR
    else:
        style = Style.POINT if fits_point else Style.COMMA
    is_grouped = _any(bare, f"^[+-]?({POINT_GROUPS if style is Style.POINT else COMMA_GROUPS})$")
    decimal = "." if style is Style.POINT else ","
    digits = pc.replace_substring_regex(bare, GROUP.replace(decimal, ""), "") if is_grouped else bare
    has_comma = style is Style.COMMA and _any(digits, ",")
    if has_comma:
        digits = pc.replace_substring(digits, ",", ".")
    marks += ["group"] * is_grouped + ["comma"] * has_comma
    told = style if is_grouped or has_comma or _any(digits, r"\.") else None
    return pc.replace_substring_regex(digits, r"^\+", "").cast(pa.float64()), marks, told


def _without_signs(present: pa.Array) -> tuple[pa.Array, list[str]]:
    """The strings without the % or the currency sign, if all of them have the same one."""
    for mark, sign in (("%", "[%％]"), ("money", MONEY)):
        if not _all(present, sign):
            continue
        if len(pc.struct_field(pc.extract_regex(present.drop_null(), f"(?P<sign>{sign})"), "sign").unique()) == 1:
            bare = pc.replace_substring_regex(present, rf"^([+-]?)\s*{sign}\s*([+-]?)", r"\1\2")
            return pc.replace_substring_regex(bare, rf"\s*{sign}$", ""), [mark]
    return present, []


def _any(strings: pa.Array, pattern: str) -> bool:
    """Whether one of the strings matches."""
    return bool(pc.any(pc.match_substring_regex(strings, pattern)).as_py())


def _all(strings: pa.Array, pattern: str) -> bool:
    """Whether all of the strings that are there match."""
    return bool(pc.all(pc.match_substring_regex(strings, pattern)).as_py())
