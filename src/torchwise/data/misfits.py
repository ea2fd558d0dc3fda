"""Problems of a table that is not as the schema knows it: columns that are missing, values that do not fit."""

from collections.abc import Sequence

from torchwise.data.convert import Misfit
from torchwise.data.names import close_name, listed, quoted
from torchwise.data.table import Table
from torchwise.errors import Problem
from torchwise.texts import tr, trn

SHOWN = 5


def check_present(table: Table, names: Sequence[str]) -> None:
    """A Problem that lists all the columns the table lacks, each with the near miss."""
    there = set(table.names)
    lacking = [name for name in names if name not in there]
    if not lacking:
        return
    unused = [name for name in table.names if name not in set(names)]
    close = [(name, near) for name in lacking if (near := close_name(name, unused)) is not None]
    if close:
        pairs = ", ".join(
            tr("{wrong} to {right}", wrong=quoted(near), right=quoted(name)) for name, near in close[:SHOWN]
        )
        fix = tr("rename {pairs}", pairs=pairs)
    else:
        fix = tr("give a table with the columns of the training table; their order is free")
    raise Problem(
        trn("{source} lacks a column: {names}", "{source} lacks {count} columns: {names}", len(lacking),
            source=table.source, names=listed(lacking)),
        why=tr("the model was trained with them; this table has {names}", names=listed(table.names, 8)),
        fix=fix,
    )  # fmt: skip


def misfit_problem(table: Table, misfits: Sequence[tuple[str, Misfit]]) -> Problem:
    """The Problem for values that are not of their column's kind, one line a column, by its name."""
    lines = [_line(table, name, misfit) for name, misfit in misfits[:SHOWN]]
    if len(misfits) > SHOWN:
        lines.append(trn("and {count} more column", "and {count} more columns", len(misfits) - SHOWN))
    name, first = misfits[0]
    fix = {
        "number": tr("mend the values or empty the cells; or drop the column (--drop {name}), or take its values as "
                     "words (--kind {name}=category)", name=name),
        "yes/no": tr("write yes or no, or empty the cells"),
        "date": tr("write the dates as 2024-01-31, or empty the cells; or drop the column (--drop {name})",
                   name=name),
    }[first.kind]  # fmt: skip
    return Problem("\n".join(lines), why=_why(first.kind), fix=fix)


def _line(table: Table, name: str, misfit: Misfit) -> str:
    """One column's first misfit, and how many more there are."""
    kind = {
        "number": tr("not a number"),
        "yes/no": tr("neither yes nor no"),
        "date": tr("not a date as the others are"),
    }[misfit.kind]  # fmt: skip
    text = tr("{source}, {where}, column {name}: {value} is {kind}", source=table.source, where=table.where(misfit.row),
              name=quoted(name), value=quoted(misfit.value), kind=kind)  # fmt: skip
    if misfit.count > 1:
        text += trn(" (and {count} more value)", " (and {count} more values)", misfit.count - 1)
    return text


def _why(kind: str) -> str:
    """Why the values must fit."""
    if kind == "number":
        return tr("the column is read as numbers, and a word has no place among them")
    if kind == "date":
        return tr("the column is read as dates, and each must be one")
    return tr("the column is read as yes and no, and each value must mean one of them")
