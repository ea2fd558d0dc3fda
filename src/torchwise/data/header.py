"""The first row: from its fields to unique column names."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from torchwise.data.names import listed, quoted
from torchwise.errors import Problem
from torchwise.texts import Text, note, tr

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


def unique_names(header: Sequence[str]) -> tuple[list[str], list[Text]]:
    """The names trimmed, the empty ones named by position, the repeated ones numbered, as pandas does.

    `cli, cli, cli` becomes `cli, cli.1, cli.2`; an empty third name becomes `Unnamed: 2`.
    """
    trimmed = [re.sub(r"\s+", " ", name).strip() for name in header]
    unnamed = [index for index, name in enumerate(trimmed) if not name]
    named = [name or f"Unnamed: {index}" for index, name in enumerate(trimmed)]
    notes = []
    if unnamed:
        notes.append(
            note("a column without a name was named {names}", names=listed(named[index] for index in unnamed))
            if len(unnamed) == 1
            else note("columns without a name were named {names}", names=listed(named[index] for index in unnamed))
        )
    names, renamed = _numbered(named)
    if renamed:
        repeated = dict.fromkeys(old for old, _ in renamed)
        notes.append(
            note(
                "{names} stand more than once in the header; the repeats are named {first} and so on",
                names=listed(repeated, 3),
                first=quoted(renamed[0][1]),
            )
            if len(repeated) > 1
            else note(
                "{names} stands more than once in the header; the repeats are named {first} and so on",
                names=listed(repeated),
                first=quoted(renamed[0][1]),
            )
        )
    return names, notes


def _numbered(names: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The names with repeats numbered, and the (old, new) pairs of those renamed."""
    taken = set(names)
    seen: dict[str, int] = {}
    result = []
    renamed = []
    for name in names:
        new = name
        if name in seen:
            number = seen[name]
            while (new := f"{name}.{number}") in taken:
                number += 1
            seen[name] = number + 1
            taken.add(new)
            renamed.append((name, new))
        else:
            seen[name] = 1
        result.append(new)
    return result, renamed


def check_is_header(header: Sequence[str], columns: Sequence[pa.Array], line: int, source: str) -> None:
    """A Problem if the first row reads like a row of data, so that the file has no names.

    Numbers as names are fine where they rise from column to column (years, wave lengths, 0 1 2 ...).
    """
    cells = [name.strip() for name in header]
    numbers = [float(cell.replace(",", ".")) for cell in cells if NUMBER.fullmatch(cell)]
    if len(numbers) * 2 < len(cells) or not numbers or (all(a < b for a, b in pairwise(numbers)) and len(numbers) > 1):
        return
    for cell, column in zip(cells, columns, strict=False):
        if not NUMBER.fullmatch(cell) and not pc.any(pc.equal(pc.utf8_trim_whitespace(column), cell)).as_py():
            return
    raise Problem(
        tr("{source}, line {line}: the first row holds values, not names: {values}",
           source=source, line=line, values=listed(cells, 5)),
        why=tr("columns are chosen and reported by name, so the first row of a table is its header"),
        fix=tr("add a first line with one name for each of the {count} columns", count=len(cells)),
    )  # fmt: skip
