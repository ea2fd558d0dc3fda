"""The column to predict: which one it is, and whether it is a number or a class."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from torchwise.data.columns import TASKS, Target, Task
from torchwise.data.convert import NUMBER, Misfit, as_words, is_words, numbers
from torchwise.data.dates import is_date_type
from torchwise.data.kinds import in_order
from torchwise.data.names import close_name, did_you_mean, listed, quoted
from torchwise.data.strays import has_stray_words
from torchwise.data.table import Table
from torchwise.errors import Problem
from torchwise.texts import Text, note, tr, trn

NAMES = (
    "target",
    "label",
    "labels",
    "class",
    "y",
    "outcome",
    "response",
    "diagnosis",
    "survived",
    "标签",
    "目标",
    "类别",
)
MOST_CLASSES = 20  # of whole numbers; more are quantities
ROWS_A_CLASS = 5  # fewer rows a value, and whole numbers are quantities
MOST_NAMED = 1000  # classes named by words; more are text


def target_name(table: Table, target: str | None) -> str:
    """The name of the target.

    Raises Problem if none is given, or there is none of that name.
    """
    if target is not None and target in table.names:
        return target
    named = {name.lower(): name for name in table.names}
    guess = next((named[name] for name in NAMES if name in named), table.names[-1])
    what = tr("no column is named as the target") if target is None else tr(
        "{source} has no column {name}", source=table.source, name=did_you_mean(target, table.names)
    )  # fmt: skip
    close = close_name(target, table.names) if target is not None else None
    raise Problem(
        what,
        why=tr("the columns are {names}", names=listed(table.names)),
        fix=tr("name the column to predict: --target {name}", name=_flag(close or guess)),
    )


def drop_unlabelled(table: Table, target: str | None) -> Table:
    """The table without the rows whose target is missing, and a note that counts them.

    Raises Problem for a target that is not there, or missing in every row.
    """
    name = target_name(table, target)
    column = table.column(name)
    if not column.null_count:
        return table
    _check_labelled(table, name, column)
    lost = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))
    shown = table.where_all(lost[:3].tolist())
    if len(lost) == 1:
        said = note("a row without a target was set aside: {rows}", rows=shown)
    elif len(lost) <= 3:
        said = note("{count} rows without a target were set aside: {rows}", count=len(lost), rows=shown)
    else:
        said = note("{count} rows without a target were set aside; the first are {rows}", count=len(lost), rows=shown)
    return table.take(np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))).noting(said)


def infer_target(table: Table, name: str, task: str | None) -> Target:
    """The target and its task, told from its values unless `task` says it.

    Raises Problem for a constant target, for words that are no classes, and for a task that cannot be.
    """
    if task is not None and task not in TASKS:
        raise Problem(
            tr("there is no task {task}", task=did_you_mean(task, TASKS)),
            why=tr("a target is a number (regression), one of two classes (binary) or one of several (multi-class)"),
            fix=tr("choose one of {tasks}", tasks=listed(TASKS)),
        )
    column = table.column(name)
    _check_target(table, name, column)
    if is_words(column.type) and (task == "regression" or (task is None and has_stray_words(column))):
        raise _stray_target(table, name, column)
    distinct = as_words(column).drop_null().unique().to_pylist()
    told, why = (task, None) if task is not None else _task(column, len(distinct))
    if told == "regression":
        return Target(name=name, task="regression", why=why)
    return _classified(table, name, distinct, told, why)


def target_values(table: Table, target: Target) -> NDArray[np.float64]:
    """(rows,) float64: the number, or the index of the class.

    Raises Problem for a missing target, and for one that is no number or no known class.
    """
    column = table.column(target.name)
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise Problem(
            tr("{source}, {where}: the target {name} is missing", source=table.source, where=table.where(row),
               name=quoted(target.name)),
            why=tr("without the true answer a row can be neither learnt from nor measured"),
            fix=tr("fill it in, or take the row out"),
        )  # fmt: skip
    if target.task == "regression":
        try:
            return numbers(column)
        except Misfit as misfit:
            raise _not_a_number(table, target.name, misfit) from None
    found = pc.index_in(as_words(column), value_set=pa.array(target.classes, pa.string()))
    if found.null_count:
        row = int(np.flatnonzero(found.is_null().to_numpy(zero_copy_only=False))[0])
        raise Problem(
            tr("{source}, {where}: the target {name} is {value}", source=table.source, where=table.where(row),
               name=quoted(target.name), value=quoted(as_words(column)[row].as_py())),
            why=tr("the classes learnt are {classes}", classes=listed(target.classes)),
            fix=tr("mend the value, or train again with rows of this class"),
        )  # fmt: skip
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.float64)


def _check_labelled(table: Table, name: str, column: pa.Array) -> None:
    """A Problem for a target that is missing in every row."""
    if column.null_count == len(column):
        raise Problem(
            tr("the target {name} is missing in every row of {source}", name=quoted(name), source=table.source),
            why=tr("a model learns from rows whose answer is known"),
            fix=tr("check that this is the file with the labels, or name another target"),
        )


def _check_target(table: Table, name: str, column: pa.Array) -> None:
    """A Problem for a target of dates, without any value, or with one only."""
    _check_labelled(table, name, column)
    if is_date_type(column.type):
        raise Problem(
            tr("the target {name} holds dates", name=quoted(name)),
            why=tr("a model predicts a number or a class"),
            fix=tr("turn it into a number first, such as the days until then"),
        )
    distinct = column.drop_null().unique()
    if len(distinct) < 2:
        value = quoted(as_words(distinct)[0].as_py())
        raise Problem(
            tr("the target {name} is the same in all rows: {value}", name=quoted(name), value=value),
            why=tr("there is nothing to learn: the answer is always this one"),
            fix=tr("check the rows, or name another target: the columns are {names}", names=listed(table.names)),
        )


def _task(column: pa.Array, num_distinct: int) -> tuple[Task, Text | None]:
    """The task that the values tell, and a text where it is a guess."""
    classes: Task = "binary" if num_distinct == 2 else "multi-class"
    if is_words(column.type) or pa.types.is_boolean(column.type):
        return classes, None
    if pa.types.is_floating(column.type) and not pc.all(pc.equal(pc.floor(column), column)).as_py():
        return "regression", None
    if num_distinct == 2 and len(column) >= 2 * ROWS_A_CLASS:
        return classes, None
    few = num_distinct <= MOST_CLASSES and num_distinct * ROWS_A_CLASS <= len(column)
    if few:
        return classes, note(
            "{count} different whole numbers were taken for classes; if they are quantities, say --task regression",
            count=num_distinct,
        )
    if num_distinct <= MOST_CLASSES:
        return "regression", note(
            "{count} different whole numbers in {rows} rows were taken for quantities; "
            "if they are classes, say --task multi-class",
            count=num_distinct,
            rows=len(column),
        )
    return "regression", None


def _classified(table: Table, name: str, distinct: list[str], task: str, why: Text | None) -> Target:
    """The target as classes, if there are as many as the task needs and rows enough for each."""
    num_rows = table.num_rows - table.column(name).null_count
    if len(distinct) > max(2, min(MOST_NAMED, num_rows // 2)):
        raise Problem(
            tr("the target {name} has {count} different values in {rows} rows", name=quoted(name),
               count=f"{len(distinct):,}", rows=f"{num_rows:,}"),
            why=tr("a class is learnt from several rows that have it; here nearly each row has its own: {values}",
                   values=listed(distinct, 3)),
            fix=tr("name another target; for quantities, say --task regression")
            if all(re.fullmatch(NUMBER, word) for word in distinct[:100])
            else tr("name another target"),
        )  # fmt: skip
    if task == "binary" and len(distinct) != 2:
        raise Problem(
            tr("the target {name} has {count} classes: {classes}", name=quoted(name), count=len(distinct),
               classes=listed(distinct, 5)),
            why=tr("the task 'binary' is for two classes"),
            fix=tr("say --task multi-class; for quantities, --task regression")
            if all(re.fullmatch(NUMBER, word) for word in distinct)
            else tr("say --task multi-class"),
        )  # fmt: skip
    return Target(
        name=name,
        task="binary" if task == "binary" else "multi-class",
        classes=tuple(in_order(distinct)),
        why=_single_row(table.column(name)) or why,
    )


def _single_row(column: pa.Array) -> Text | None:
    """What to say of classes that one row has."""
    counted = as_words(column).drop_null().value_counts()
    single = [entry["values"].as_py() for entry in counted if entry["counts"].as_py() == 1]
    if not single:
        return None
    return note("only one row has the class {classes}; it can be learnt or tested, not both", classes=listed(single, 3))


def _stray_target(table: Table, name: str, column: pa.Array) -> Problem:
    """The Problem for words in a target of numbers."""
    try:
        numbers(column)
    except Misfit as misfit:
        return _not_a_number(table, name, misfit)
    raise AssertionError("the column holds a word that is no number")


def _not_a_number(table: Table, name: str, misfit: Misfit) -> Problem:
    """The Problem for a target that is no number."""
    count = trn("{count} such value", "{count} such values", misfit.count)
    return Problem(
        tr("{source}, {where}: the target {name} is {value}, not a number ({count})", source=table.source,
           where=table.where(misfit.row), name=quoted(name), value=quoted(misfit.value), count=count),
        why=tr("a regression learns numbers"),
        fix=tr("mend the value, or empty the cell to set its row aside; for classes, say --task multi-class"),
    )  # fmt: skip


def _flag(name: str) -> str:
    """A name as it is written behind a flag."""
    return f'"{name}"' if " " in name else name
