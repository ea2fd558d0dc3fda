"""The schema: how a table becomes the raw tensor, learnt from the training rows and kept with the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from torchwise.data.columns import Column, Slot, Target, slots_of
from torchwise.data.convert import Misfit, encoded
from torchwise.data.kinds import as_category, kind_of
from torchwise.data.misfits import check_present, misfit_problem
from torchwise.data.overrules import Overrules, check_overrules, overruled
from torchwise.data.schema_json import columns_from_json, columns_to_json, target_from_json, target_to_json
from torchwise.data.table import Rows, Table
from torchwise.data.target import drop_unlabelled, infer_target, target_name, target_values
from torchwise.errors import Problem
from torchwise.texts import tr

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Column", "Schema", "Slot", "Target", "drop_unlabelled", "infer_schema"]


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What each column is, and which is the target.

    columns: all of the file but the target, in file order.
    """

    columns: tuple[Column, ...]
    target: Target

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that the model sees."""
        return tuple(column for column in self.columns if column.used)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The columns of the raw tensor."""
        return tuple(slot for column in self.columns for slot in slots_of(column))

    def learn(self, table: Table, rows: Rows) -> "Schema":
        """The schema with the categories, and the counts of missing values, of these (training) rows only."""
        training = table.take(rows)
        return replace(self, columns=tuple(_learnt(column, training) for column in self.columns))

    def raw(self, table: Table) -> NDArray[np.float64]:
        """The used columns of the table as numbers, whatever their order; further columns are passed over.

        Returns (rows, slots), float64: numbers with NaN for missing; categories as codes, 0 for unknown or missing.
        Raises Problem for missing columns, and for values that do not fit, all told together.
        """
        check_present(table, [column.name for column in self.used])
        blocks = []
        misfits = []
        for column in self.used:
            try:
                blocks.append(encoded(table.column(column.name), column))
            except Misfit as misfit:
                misfits.append((column.name, misfit))
        if misfits:
            raise misfit_problem(table, misfits)
        return np.concatenate(blocks, axis=1) if blocks else np.empty((table.num_rows, 0))

    def inputs(self, table: Table) -> "Tensor":
        """The raw tensor: (rows, slots), float32; see `raw`."""
        import torch

        return torch.from_numpy(self.raw(table).astype(np.float32))

    def targets(self, table: Table) -> "Tensor":
        """The targets: (rows,), float32 numbers for regression, else int64 in [0, classes).

        Raises Problem for a target column that is not there, a missing target, and one that does not fit.
        """
        import torch

        check_present(table, [self.target.name])
        values = target_values(table, self.target)
        return torch.from_numpy(values.astype(np.float32 if self.target.task == "regression" else np.int64))

    def to_json(self) -> dict[str, Any]:
        """The schema as JSON: dicts, lists, texts and numbers."""
        return {"columns": columns_to_json(self.columns), "target": target_to_json(self.target)}

    @staticmethod
    def from_json(data: object) -> "Schema":
        """The schema that `to_json` wrote.

        Raises Problem for anything else: the file may come from a stranger.
        """
        columns, target = columns_from_json(data), target_from_json(data)
        return Schema(columns=columns, target=target)


def infer_schema(
    table: Table,
    *,
    target: str | None,
    task: str | None = None,
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
) -> Schema:
    """What each column of the table is, told from its name and values.

    drop: columns to leave out. keep: columns to take in that would be left out. kinds: what columns are, by name.
    Raises Problem for a target that cannot be, for wrong names, and for columns that are not what is said of them.
    """
    name = target_name(table, target)
    rules = Overrules(drop=tuple(drop), keep=tuple(keep), kinds=dict(kinds or {}))
    check_overrules(table, name, rules)
    known = infer_target(table, name, task)
    columns = []
    misfits = []
    for title in table.names:
        if title == name:
            continue
        try:
            column = overruled(table.column(title), kind_of(title, table.column(title)), rules)
            columns.append(_learnt(column, table))
        except Misfit as misfit:
            misfits.append((title, misfit))
    if misfits:
        raise misfit_problem(table, misfits)
    if not any(column.used for column in columns):
        raise _nothing_to_learn_from(table, columns)
    return Schema(columns=tuple(columns), target=known)


def _learnt(column: Column, training: Table) -> Column:
    """The column with the categories and the count of missing values of the training rows."""
    if not column.used:
        return column
    values = training.column(column.name)
    if column.kind == "category":
        return replace(as_category(column, values), why=column.why, missing=values.null_count)
    numbers = encoded(values, column)
    return replace(column, missing=int(np.isnan(numbers[:, 0]).sum()))


def _nothing_to_learn_from(table: Table, columns: Sequence[Column]) -> Problem:
    """The Problem for a table of which no column is used."""
    if not columns:
        return Problem(
            tr("{source} has one column only", source=table.source),
            why=tr("a model predicts the target from other columns"),
            fix=tr("check what separates the values: commas, semicolons, tabs and bars are recognised"),
        )
    reasons = tr("; ").join(tr("{name}: {why}", name=column.name, why=column.why) for column in columns[:5])
    return Problem(
        tr("no column of {source} is left to learn from", source=table.source),
        why=reasons,
        fix=tr("take a column in with --keep {name}", name=columns[0].name),
    )
