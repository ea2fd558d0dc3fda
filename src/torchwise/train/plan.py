"""A table made ready for training: read, its columns understood, its rows split. No network yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from torchwise.data import splits
from torchwise.data.dates import moments
from torchwise.data.leaks import find_leaks
from torchwise.data.names import close_name, listed, part_name
from torchwise.data.reading import read_table
from torchwise.data.schema import Schema, infer_schema
from torchwise.data.splits import Rows
from torchwise.data.table import Table
from torchwise.data.target import drop_unlabelled
from torchwise.errors import Problem
from torchwise.texts import Text, note, tr
from torchwise.train.options import Options

ROWS_A_NUMBER = 30  # with fewer train rows, embedded numbers were fitted too closely (docs: accuracy)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows of a table that play one part: train, valid or test."""

    table: Table
    rows: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def taken(self) -> Table:
        """The rows of this part as a table of their own."""
        return self.table.take(self.rows)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained on what: the options, the columns, the parts.

    parts: "train", and where there are any "valid" and "test".
    unlabelled: a test file without the target column, to be predicted only.
    """

    options: Options
    table: Table
    schema: Schema
    parts: Mapping[str, Part]
    unlabelled: Table | None = None
    notes: tuple[Text, ...] = ()


def plan_table(data: Any, options: Options) -> Plan:
    """Read the table (a path, "builtin:NAME" or a frame), infer its columns and split its rows.

    Raises Problem for all that can't be read or doesn't fit; what was decided on the way stands in `notes`.
    """
    table = drop_unlabelled(read_table(data), options.target)
    schema = _infer_schema(table, options)
    preset_notes = _preset_notes(options, schema)
    test, unlabelled = _test_file(options, schema)
    parts = _split(table, schema, options, has_test_file=test is not None)
    if test is not None:
        parts["test"] = Part(table=test, rows=np.arange(test.num_rows))
    if options.valid is not None:
        valid = drop_unlabelled(read_table(options.valid), schema.target.name)
        parts["valid"] = Part(table=valid, rows=np.arange(valid.num_rows))
    _check_sizes(parts, options)
    schema = schema.learn(table, parts["train"].rows)
    if options.periodic is None:
        num_numbers = sum(1 for slot in schema.slots if slot.num_codes == 0)
        options = replace(options, periodic=len(parts["train"]) >= ROWS_A_NUMBER * num_numbers)
    plan = Plan(options=options, table=table, schema=schema, parts=parts, unlabelled=unlabelled)
    leaks = find_leaks(table, schema, {name: (part.table, part.rows) for name, part in parts.items()})
    return replace(plan, notes=(*table.notes, *preset_notes, *leaks))


def fold_plans(plan: Plan) -> list[Plan]:
    """One plan a fold: the fold is the valid part, the other folds are the train part."""
    options, rows = plan.options, plan.parts["train"].rows
    if options.group:
        groups = _groups_of(plan.table, options.group)[rows]
        folds = splits.group_fold_numbers(groups, options.folds, seed=options.seed)
    else:
        strata = splits.strata_of(plan.schema.targets(plan.table)[torch.from_numpy(rows)])
        folds = splits.fold_numbers(strata, options.folds, seed=options.seed)
    plans = []
    for fold in range(options.folds):
        parts = dict(plan.parts)
        parts["train"] = Part(table=plan.table, rows=rows[folds != fold])
        parts["valid"] = Part(table=plan.table, rows=rows[folds == fold])
        schema = plan.schema.learn(plan.table, parts["train"].rows)
        # Each fold starts from its own weights, so that the mean of the networks is worth more than one.
        fold_options = replace(options, folds=0, seed=options.seed + fold)
        plans.append(replace(plan, options=fold_options, schema=schema, parts=parts))
    return plans


def _infer_schema(table: Table, options: Options) -> Schema:
    """The schema with what the options overrule; the groups are no input."""
    for flag, name in (("--group", options.group), ("--time", options.time)):
        if name is not None and name not in table.names:
            near = close_name(name, table.names)
            raise Problem(
                tr("{flag} {name}: {source} has no column of that name", flag=flag, name=name, source=table.source),
                why=tr("its columns are {names}", names=listed(table.names)),
                fix=tr("did you mean {name}?", name=near) if near else tr("name one of them"),
            )
    group = None if options.group in (*options.drop, *options.keep, options.target) else options.group
    drop = (*options.drop, group) if group is not None else options.drop
    schema = infer_schema(
        table, target=options.target, task=options.task, drop=drop, keep=options.keep, kinds=options.kinds
    )
    if group is not None:
        why = note("the groups of valid and test rows are new to the network")
        columns = (replace(c, why=why) if c.name == group else c for c in schema.columns)
        schema = replace(schema, columns=tuple(columns))
    return schema


def _preset_notes(options: Options, schema: Schema) -> tuple[Text, ...]:
    """What the tutorial's preset says about a row id, which its demo fed to the model."""
    ids = [column.name for column in schema.columns if column.kind == "id" and not column.used]
    if options.preset != "tutorial" or not ids:
        return ()
    return (
        note(
            "--preset tutorial leaves out the row id, which the tutorial's demo feeds to the model; "
            "--keep {name} takes it in",
            name=ids[0],
        ),
    )


def _test_file(options: Options, schema: Schema) -> tuple[Table | None, Table | None]:
    """The test file as (labelled, unlabelled) table; one of them, or none, is there."""
    if options.test is None:
        return None, None
    table = read_table(options.test)
    if schema.target.name not in table.columns.column_names:
        return None, table
    return drop_unlabelled(table, schema.target.name), None


def _split(table: Table, schema: Schema, options: Options, *, has_test_file: bool) -> dict[str, Part]:
    """The parts that are cut from the table itself."""
    rest = np.arange(table.num_rows)
    fractions = {
        "test": 0.0 if has_test_file else options.test_fraction,
        "valid": 0.0 if options.valid is not None or options.folds else options.valid_fraction,
    }
    strata = splits.strata_of(schema.targets(table))
    parts = {}
    for name, fraction in fractions.items():
        if not fraction or not len(rest):
            continue
        if options.time:
            kept, held = splits.hold_out_latest(_times_of(table, schema, options.time)[rest], fraction)
        elif options.group:
            kept, held = splits.hold_out_groups(_groups_of(table, options.group)[rest], fraction, seed=options.seed)
        else:
            kept, held = splits.hold_out(strata[rest], fraction, seed=options.seed)
        parts[name] = Part(table=table, rows=rest[held])
        rest = rest[kept]
    return {"train": Part(table=table, rows=rest)} | parts


def _check_sizes(parts: Mapping[str, Part], options: Options) -> None:
    """Raise Problem where a part has too few rows to mean anything."""
    sizes = tr(", ").join(f"{part_name(name)} {len(part)}" for name, part in parts.items())
    if options.folds > len(parts["train"]) >= 2:
        raise Problem(
            tr("{rows} rows cannot be split into {folds} folds", rows=len(parts["train"]), folds=options.folds),
            fix="--folds 5",
        )
    wanted = {"train": 2, "valid": 1, "test": 1}
    if any(len(part) < wanted[name] for name, part in parts.items()):
        raise Problem(
            tr("there are too few rows to split: {sizes}", sizes=sizes),
            fix=tr("more rows, or --test-fraction 0, or a smaller --valid-fraction"),
        )


def _groups_of(table: Table, name: str) -> Rows:
    """A number for each distinct value of a column (missing is a value too): (rows,) int64."""
    encoded = table.column(name).dictionary_encode(null_encoding="encode")
    numbers: Rows = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _times_of(table: Table, schema: Schema, name: str) -> NDArray[np.float64]:
    """The moments of a column of dates or numbers, as float64 that sort as they do: (rows,).

    Raises Problem for a column of something else, and for one with missing values.
    """
    known = next((column for column in schema.columns if column.name == name), None)
    values = table.column(name)
    if known is not None and known.kind == "date":
        times = moments(values, known.date_format).astype("datetime64[us]")
        found = np.where(np.isnat(times), np.nan, times.astype(np.float64))
    elif pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        found = values.to_numpy(zero_copy_only=False).astype(np.float64)
    else:
        raise Problem(
            tr("--time {column} is neither a date nor a number", column=name),
            why=tr("its values: {values}", values=", ".join(map(str, values[:3].to_pylist()))),
            fix=tr("name a column whose values follow the time"),
        )
    if np.isnan(found).any():
        row = int(np.flatnonzero(np.isnan(found))[0])
        raise Problem(
            tr("--time {column} has no value in {where}", column=name, where=table.where(row)),
            fix=tr("fill it in, or leave out --time"),
        )
    return found
