"""What is known of each column: its kind, whether it is used, and how it becomes numbers."""

from dataclasses import dataclass
from typing import Literal

from torchwise.texts import Text

Kind = Literal["number", "category", "yes/no", "date", "text", "id", "constant"]
Task = Literal["regression", "binary", "multi-class"]

KINDS: tuple[Kind, ...] = ("number", "category", "yes/no", "date", "text", "id", "constant")
USABLE: tuple[Kind, ...] = ("number", "category", "yes/no", "date")
SAYABLE: tuple[Kind, ...] = (*USABLE, "text", "id")  # what a user may say of a column; the last two leave it out
TASKS: tuple[Task, ...] = ("regression", "binary", "multi-class")
DATE_PARTS = ("days", "month", "weekday", "hour")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the file other than the target.

    why: why it is left out, or what else there is to say of it.
    missing: how many values are missing, in the training rows once the schema has learnt from them.
    examples: a few of its values.
    categories: the known values of a category, in the order of their codes 1, 2 ...
    words: the words for no and yes, in lower case; empty where they are 0 and 1 or false and true.
    date_format: how dates are written in a column of words ("ymd", "dmy", "mdy"); "" for a column of dates.
    parts: what a date is expanded to, out of days (since 2000-01-01), month, weekday (Monday 0) and hour.
    """

    name: str
    kind: Kind
    used: bool
    why: Text | None = None
    missing: int = 0
    examples: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    date_format: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """The column to predict.

    classes: as shown to people, sorted; () for regression. why: how the task was told, where it is not plain.
    """

    name: str
    task: Task
    classes: tuple[str, ...] = ()
    why: Text | None = None


@dataclass(frozen=True)
class Slot:
    """One column of the raw tensor, made from `column`.

    num_codes: 0 for a number; otherwise how many codes the category has, code 0 (unknown or missing) included.
    """

    name: str
    column: str
    num_codes: int


def slots_of(column: Column) -> tuple[Slot, ...]:
    """The slots that a column fills: none if it is left out, one a part for a date."""
    if not column.used:
        return ()
    if column.kind == "date":
        return tuple(Slot(f"{column.name}.{part}", column.name, 0) for part in column.parts)
    if column.kind == "category":
        return (Slot(column.name, column.name, len(column.categories) + 1),)
    return (Slot(column.name, column.name, 0),)
