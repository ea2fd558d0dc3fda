"""All of a run that its script depends on."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from torchwise.data.columns import DATE_PARTS, Column
from torchwise.data.schema import Schema
from torchwise.train.choices import OneLogitLoss
from torchwise.train.options import Options
from torchwise.train.plan import Plan
from torchwise.train.prepare import TableSetup


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A run on a table, and the name that its script and the files beside it begin with."""

    folder: Path
    stem: str
    about: dict[str, Any]
    setup: TableSetup
    losses: list[dict[str, Any]]
    ending: str

    @property
    def plan(self) -> Plan:
        """The data, read and split again."""
        return self.setup.plan

    @property
    def options(self) -> Options:
        """The settings of the run."""
        return self.plan.options

    @property
    def schema(self) -> Schema:
        """The columns."""
        return self.plan.schema

    @property
    def task(self) -> str:
        """regression, binary or multi-class."""
        return self.schema.target.task

    @property
    def has_one_logit(self) -> bool:
        """Whether the loss is BCEWithLogitsLoss."""
        return isinstance(self.setup.loss, OneLogitLoss)

    @property
    def is_scaled(self) -> bool:
        """Whether the target is standardised, and the losses are shown in its own unit."""
        return self.setup.unit.power > 0

    @property
    def is_split_by_files(self) -> bool:
        """Whether each part is written to a file of its own: splits by group or time are long to write."""
        return bool(self.options.group or self.options.time)

    @property
    def number_columns(self) -> list[Column]:
        """The columns that become numbers, in the order of the table."""
        return [column for column in self.schema.used if column.kind != "category"]

    @property
    def category_columns(self) -> list[Column]:
        """The columns of words that become codes, in the order of the table."""
        return [column for column in self.schema.used if column.kind == "category"]

    @property
    def date_parts(self) -> dict[str, int]:
        """How many numbers each column of dates becomes: days, month, weekday, and the hour where there is one."""
        dates = [column for column in self.number_columns if column.kind == "date"]
        assert all(column.parts == DATE_PARTS[: len(column.parts)] for column in dates), "parts are left out at the end"
        return {column.name: len(column.parts) for column in dates}

    @property
    def batch_names(self) -> list[str]:
        """What a batch holds beside its targets."""
        return ["inputs"] * bool(self.number_columns) + ["codes"] * bool(self.category_columns)

    @cached_property
    def train_numbers(self) -> Tensor:
        """The numbers of the train rows: (rows, numbers), float32, missing = NaN."""
        inputs: Tensor = self.setup.train.tensors[0]  # type: ignore[union-attr]  # a TensorDataset
        return inputs[:, self.setup.model.encoder.numbers]

    @cached_property
    def has_missing(self) -> bool:
        """Whether a number is missing in any row that the script will see."""
        tables = [part.taken() for part in self.plan.parts.values()]
        tables += [] if self.plan.unlabelled is None else [self.plan.unlabelled]
        numbers = self.setup.model.encoder.numbers
        return any(bool(self.schema.inputs(table)[:, numbers].isnan().any()) for table in tables)

    @property
    def has_marks(self) -> bool:
        """Whether missing numbers are marked."""
        return len(self.setup.model.encoder.marks) > 0

    @property
    def has_empty(self) -> bool:
        """Whether a column of numbers has no value in the train rows."""
        return bool(self.train_numbers.isnan().all(dim=0).any())

    @property
    def has_constant(self) -> bool:
        """Whether a column of numbers does not vary in the train rows: the encoder gives it a deviation of 1."""
        return self.options.standardise and bool((self.setup.model.encoder.std == 1).any())

    @property
    def last_epoch(self) -> int | None:
        """The epoch after which the run stopped for another reason than its settings; None if there was none."""
        return len(self.losses) if self.losses and self.ending in ("interrupted", "not finite", "") else None

    @property
    def epochs(self) -> int:
        """The most epochs; a resumed run may have got more than it was started with."""
        return max(self.options.epochs, len(self.losses))

    @property
    def is_on_cpu(self) -> bool:
        """Whether the run was on the CPU, where the losses are the same in every bit."""
        return str(self.about["device"]) == "cpu"

    @property
    def torch_version(self) -> str:
        """The torch that the run was trained with."""
        return str((self.about.get("versions") or {}).get("torch", "?"))
