"""From the bytes of a text file to its text."""

import codecs
import gzip
import zlib

from torchwise.errors import Problem
from torchwise.texts import Text, note, tr

MARKS = (  # the longer marks first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GZIP = b"\x1f\x8b"


def unpacked(data: bytes, source: str) -> bytes:
    """The bytes with a gzip wrapping taken off, if there is one."""
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Problem(
            tr("{source} starts like a gzip file and cannot be unpacked", source=source),
            why=str(error),
            fix=tr("copy or download the file again; it may have been cut off"),
        ) from error


def decoded(data: bytes, source: str) -> tuple[str, list[Text]]:
    """The text of the bytes, and a note where the encoding is not UTF-8."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decoded_strictly(data, encoding, source), _said(encoding)
    if b"\0" in data:
        raise _binary(source, data)
    for encoding in _candidates(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            return text, _said(encoding)
    raise _binary(source, data)


def _candidates(data: bytes) -> tuple[str, ...]:
    """The encodings to try: GB18030 takes nearly any bytes, so Western text must not get there first."""
    return ("utf-8", "gb18030", "cp1252") if _looks_chinese(data) else ("utf-8", "cp1252", "gb18030")


def _looks_chinese(data: bytes) -> bool:
    """Whether bytes above 127 come in pairs that begin as the common Chinese characters of GB2312 do.

    In Western text they come one by one between letters; where two meet, the first is mostly a small letter, E0 to FF.
    """
    high = paired = position = 0
    tail = data[:1_000_000]
    while position < len(tail) and high < 10_000:
        if tail[position] < 0x80:
            position += 1
            continue
        high += 1
        is_pair = position + 1 < len(tail) and tail[position + 1] >= 0x80
        paired += is_pair and tail[position] <= 0xD7
        position += 2 if is_pair else 1
    return paired > 0.8 * high


def _is_text(text: str) -> bool:
    """Whether hardly any character is a control character."""
    sample = text[:100_000]
    controls = sum(character < " " and character not in "\t\r\n\f\v" for character in sample)
    return controls <= len(sample) // 1000


def _decoded_strictly(data: bytes, encoding: str, source: str) -> str:
    """The text of bytes that name their own encoding by a mark."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Problem(
            tr("{source} says that it is {encoding}, but its byte {byte} is not", source=source,
               encoding=encoding.removesuffix("-sig").upper(), byte=f"{error.start:,}"),
            why=tr("the mark at the start of the file promises an encoding that the rest does not keep"),
            fix=tr("open it in an editor and save it as UTF-8"),
        ) from error  # fmt: skip
    if "\0" in text:
        raise _binary(source, data)
    return text


def _said(encoding: str) -> list[Text]:
    """A note for each encoding but UTF-8."""
    if encoding.startswith("utf-8"):
        return []
    names = {"cp1252": "Windows-1252", "gb18030": "GB18030", "utf-16": "UTF-16", "utf-32": "UTF-32"}
    if encoding in ("utf-16", "utf-32"):
        return [note("the file is {encoding}, not UTF-8, and was read so", encoding=names[encoding])]
    return [
        note(
            "the file is not UTF-8 and was read as {encoding}; if letters look wrong, save it as UTF-8",
            encoding=names[encoding],
        )
    ]


def _binary(source: str, data: bytes) -> Problem:
    """The Problem for bytes that are no text."""
    position = data.find(b"\0")
    if position >= 0:
        why = tr("it holds a zero byte, at position {position}, which no text file does", position=f"{position:,}")
    else:
        why = tr("its bytes are neither UTF-8 nor GB18030 nor Windows-1252")
    return Problem(
        tr("{source} is not a text file", source=source),
        why=why,
        fix=tr("give a .csv, .tsv, .txt or .parquet file; from a spreadsheet, save it as CSV UTF-8"),
    )
