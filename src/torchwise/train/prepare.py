"""From a plan to a Setup: tensors, the network with its preprocessing, loss, optimizer."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset

from torchwise.data.encoder import Encoder
from torchwise.data.reading import read_table
from torchwise.data.schema import Schema
from torchwise.data.target import drop_unlabelled
from torchwise.errors import Problem
from torchwise.texts import tr
from torchwise.train import metrics
from torchwise.train.choices import LOSS_POWERS, OneLogitLoss, make_loss, make_optimizer, make_schedule
from torchwise.train.networks import MLP, TableModel, build_network, check_outputs
from torchwise.train.options import Options
from torchwise.train.plan import Part, Plan, plan_table
from torchwise.train.setup import Data, Setup
from torchwise.train.unit import Unit


@dataclass(frozen=True, kw_only=True)
class TableSetup(Setup):
    """A Setup made from a table. Its data sets hold raw columns; the preprocessing is inside the model."""

    model: TableModel
    plan: Plan
    unit: Unit = field(default=Unit())

    def dataset(self, part: Part) -> TensorDataset:
        """The rows of a part as (inputs, targets) samples, targets as the loss takes them."""
        return make_dataset(self.plan.schema, part, self.unit)

    def as_data(self, data: Any, *, labelled: bool) -> Data:
        """Read what is not a Dataset or DataLoader yet as a table with the columns of this Setup."""
        if isinstance(data, Dataset | DataLoader):
            return data
        table = read_table(data)
        if labelled:
            table = drop_unlabelled(table, self.plan.schema.target.name)
            return self.dataset(Part(table=table, rows=np.arange(table.num_rows)))
        return TensorDataset(self.plan.schema.inputs(table))

    def answers(self, outputs: Any) -> Any:
        """(rows,) float64 in the target's unit, or (rows, classes) float64 probabilities."""
        return self.model.answers(outputs)


def prepare(data: Any, *, target: str | None = None, **settings: Any) -> TableSetup:
    """A Setup for a table, with the flags of `torchwise train` as keywords.

    data: a path to a CSV, TSV or Parquet file, "builtin:NAME", or a pandas, polars or pyarrow frame.
    Raises Problem for whatever cannot be read or does not fit.
    """
    options = Options.of(target=target, **settings)
    if options.folds:
        raise Problem(
            tr("prepare makes one Setup; folds={folds} needs {folds}", folds=options.folds),
            fix=tr("torchwise train DATA --target COL --folds {folds}", folds=options.folds),
        )
    return build_setup(plan_table(data, options))


def build_setup(plan: Plan) -> TableSetup:
    """The Setup of a plan, its weights drawn from the plan's seed. torch's global generator is left as it was."""
    options, schema = plan.options, plan.schema
    unit = _unit(plan)
    train = make_dataset(schema, plan.parts["train"], unit)
    valid = make_dataset(schema, plan.parts["valid"], unit) if "valid" in plan.parts else None
    loss = make_loss(options.loss, schema.target.task, _class_weights(plan, train.tensors[1]))
    model = build_model(schema, options, train.tensors[0], unit, one_logit=isinstance(loss, OneLogitLoss))
    batch_size = options.batch_size or _batch_size(len(train))
    optimizer = make_optimizer(
        options.optimizer,
        model.parameters(),
        lr=options.lr,
        momentum=options.momentum,
        weight_decay=options.weight_decay,
    )
    steps = -(-len(train) // batch_size)
    schedule = make_schedule(
        options.schedule, optimizer, lr=options.lr, epochs=options.epochs, steps=steps, patience=options.patience
    )
    return TableSetup(
        model=model, loss=loss, optimizer=optimizer, train=train, valid=valid, batch_size=batch_size,
        schedule=schedule, clip=options.clip, metrics=metrics.OF_TASK[schema.target.task],
        device=options.device, seed=options.seed, workers=options.workers, plan=plan, unit=unit,
    )  # fmt: skip


def build_model(
    schema: Schema, options: Options, inputs: Tensor | None, unit: Unit, *, one_logit: bool = False
) -> TableModel:
    """The model for a schema.

    inputs: (rows, columns), the train rows the preprocessing is learnt from; None where
        saved weights will follow (the network is then on the meta device).
    """
    slots = schema.slots
    num_outputs = 1 if schema.target.task == "regression" or one_logit else len(schema.target.classes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        with_missing = {column.name for column in schema.columns if column.missing}
        encoder = Encoder([slot.num_codes for slot in slots], [slot.column in with_missing for slot in slots])
        if inputs is not None:
            encoder.learn(inputs, standardise=options.standardise)
        if options.model is not None:
            network = build_network(options.model, encoder.num_outputs, num_outputs)
            check_outputs(network, encoder.num_outputs, num_outputs)
        else:
            # On meta, the widths that a stranger's run.json claims take no memory until the weights confirm them.
            with torch.device("cpu" if inputs is not None else "meta"):
                network = MLP(
                    encoder.num_outputs, num_outputs, hidden=options.hidden, activation=options.activation,
                    dropout=options.dropout, num_numbers=len(encoder.numbers) if options.periodic else 0,
                )  # fmt: skip
    return TableModel(encoder, network, task=schema.target.task, unit=unit)


def make_dataset(schema: Schema, part: Part, unit: Unit) -> TensorDataset:
    """The rows of a part as (inputs, targets) samples.

    inputs: (columns,), float32, missing = NaN. targets: (), float32, standardised; or int64.
    """
    table = part.taken()
    targets = schema.targets(table)
    if targets.is_floating_point():
        targets = ((targets.double() - unit.mean) / unit.std).float()
    return TensorDataset(schema.inputs(table), targets)


def _unit(plan: Plan) -> Unit:
    """The scale of a regression's target, from the train rows; none for a loss that is not known to follow it."""
    options, name = plan.options, plan.options.loss or "MSELoss"
    if plan.schema.target.task != "regression" or name not in LOSS_POWERS or not options.standardise:
        return Unit()
    targets = plan.schema.targets(plan.parts["train"].taken()).double()
    std = float(targets.std(correction=0))
    return Unit(mean=float(targets.mean()), std=std if std > 0 else 1.0, power=LOSS_POWERS[name])


def _class_weights(plan: Plan, targets: Tensor) -> Tensor | None:
    """What an error on each class costs: rows / (classes * rows of the class); None where all cost the same."""
    if not plan.options.class_weights:
        return None
    if plan.schema.target.task == "regression":
        raise Problem(tr("--class-weights is for classes; the target is a number"), fix=tr("leave out --class-weights"))
    counts = torch.bincount(targets, minlength=len(plan.schema.target.classes)).clamp(min=1)
    return (len(targets) / (len(counts) * counts.double())).float()


def _batch_size(num_samples: int) -> int:
    """32 to 256: a power of two, near the number of train rows / 50."""
    return int(min(256, max(32, 2 ** round(torch.tensor(num_samples / 50).log2().item()))))
