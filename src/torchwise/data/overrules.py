"""What the user says of columns, over what their values tell."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from torchwise.data.columns import SAYABLE, Column
from torchwise.data.convert import YES_NO, Misfit, dates, is_words, numbers, yes_no
from torchwise.data.dates import date_formats, is_date_type
from torchwise.data.kinds import as_category, as_date
from torchwise.data.names import close_name, did_you_mean, listed, quoted
from torchwise.data.strays import check_no_strays
from torchwise.data.table import Table
from torchwise.data.values import MISSING_AMONG_NUMBERS, blanked
from torchwise.errors import Problem
from torchwise.texts import note, tr


@dataclass(frozen=True, kw_only=True)
class Overrules:
    """drop: names of columns to leave out. keep: to take in. kinds: what columns are, by name."""

    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    kinds: Mapping[str, str]


def check_overrules(table: Table, target: str, rules: Overrules) -> None:
    """A Problem that tells all the mistakes in what the user says of columns."""
    faults = []
    fixes = []
    for flag, names in (("drop", rules.drop), ("keep", rules.keep), ("kind", tuple(rules.kinds))):
        for name in names:
            if name not in table.names:
                faults.append(tr("{flag}: there is no column {name}", flag=flag, name=did_you_mean(name, table.names)))
                if (close := close_name(name, table.names)) is not None:
                    fixes.append(tr("write {name}", name=quoted(close)))
            elif name == target:
                faults.append(tr("{flag}: {name} is the target", flag=flag, name=quoted(name)))
                fixes.append(tr("take {name} out of {flag}", name=quoted(name), flag=flag))
    for name in rules.drop:
        if name in rules.keep or name in rules.kinds:
            faults.append(tr("{name} is dropped and kept at once", name=quoted(name)))
            fixes.append(tr("say one of the two"))
    for name, kind in rules.kinds.items():
        if kind not in SAYABLE:
            faults.append(tr("{name} cannot be {kind}", name=quoted(name), kind=did_you_mean(kind, SAYABLE)))
            fixes.append(tr("choose one of {kinds}", kinds=listed(SAYABLE)))
    if faults:
        raise Problem(
            "\n".join(faults),
            why=tr("the columns are {names}", names=listed(table.names)),
            fix=tr("; ").join(dict.fromkeys(fixes)) or tr("name columns as they stand in the header"),
        )


def overruled(column: pa.Array, known: Column, rules: Overrules) -> Column:
    """The column as the user says it is, else as it reads by itself.

    Raises Misfit for a value that does not fit, also in a column of numbers with a few words in it.
    """
    if known.name in rules.drop:
        return replace(known, used=False, why=note("dropped, as asked"))
    kind = rules.kinds.get(known.name)
    if kind is None and known.name in rules.keep and not known.used:
        kind = "category" if is_words(column.type) else "number"
    if kind is not None:
        return as_kind(column, known, kind)
    if is_words(column.type) and known.kind in ("category", "id", "text"):
        check_no_strays(column)
    return known


def as_kind(column: pa.Array, known: Column, kind: str) -> Column:
    """The column as being of this kind.

    Raises Misfit for the first value that cannot be.
    """
    if kind in ("text", "id"):
        said = note("{kind}, as asked", kind=kind)
        return replace(known, kind="text" if kind == "text" else "id", used=False, why=said)
    if kind == "category":
        return as_category(known, column)
    if kind == "date":
        return _as_date(column, known)
    if kind == "yes/no":
        return _as_yes_no(column, known)
    numbers(column)
    return replace(known, kind="number", used=True, why=None)


def _as_date(column: pa.Array, known: Column) -> Column:
    """The column as dates; where day and month cannot be told apart, the month stands first as in the USA."""
    if is_date_type(column.type):
        return as_date(known, column, "")
    present = blanked(column, MISSING_AMONG_NUMBERS) if is_words(column.type) else column
    formats = date_formats(present.drop_null().unique()) if is_words(column.type) else []
    if formats:
        return as_date(known, present, formats[-1])
    dates(column, "ymd", ("days",))
    raise Misfit(0, column[0].as_py(), kind="date")


def _as_yes_no(column: pa.Array, known: Column) -> Column:
    """The column as yes and no, in whatever pair of words it holds."""
    if is_words(column.type):
        found = set(pc.utf8_lower(blanked(column, MISSING_AMONG_NUMBERS)).drop_null().unique().to_pylist())
        words = next((pair for pair in YES_NO if found <= set(pair)), ())
        yes_no(column, words)
    else:
        values = numbers(column)
        foreign = np.flatnonzero(~np.isin(values, (0, 1)) & ~np.isnan(values))
        if len(foreign):
            row = int(foreign[0])
            raise Misfit(row, column[row].as_py(), len(foreign), "yes/no")
        words = ()
    return replace(known, kind="yes/no", used=True, why=None, words=words)
