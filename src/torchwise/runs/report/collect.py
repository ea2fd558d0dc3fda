"""From a finished run to the numbers of its report."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchwise.files import read_json
from torchwise.runs import history
from torchwise.runs.report.classes import classes_of
from torchwise.runs.report.content import FORMAT, ColumnFact, Curve, Importances, Report, RowsOf
from torchwise.runs.report.curves import curve_of
from torchwise.runs.report.importance import Judged, importances_of
from torchwise.runs.report.regression import regression_of
from torchwise.runs.report.repeat import command_of, recipe_of, settings_of
from torchwise.runs.report.worst import worst_classes, worst_numbers
from torchwise.runs.run import ABOUT, METRICS, PREDICT_BATCH, Run
from torchwise.runs.verdict import Verdict
from torchwise.train.loop import evaluating
from torchwise.train.networks import TableModel
from torchwise.train.plan import Part, Plan, fold_plans


def collect(folder: Path, plan: Plan | None, run: Run | None, verdict: Verdict | None) -> Report:
    """The numbers of the run in `folder`, which has its run.json, metrics.json and history.jsonl already.

    plan, run: of a run on a table; None for plain parts.
    """
    about, found = read_json(folder / ABOUT), read_json(folder / METRICS)
    measured = {name: found.get(name) for name in ("test", "valid", "out_of_fold")}
    curves = _curves(folder)
    content: dict[str, Any] = {
        "shown": "", "regression": None, "classes": None, "worst": None, "importances": None,
        "notes": (), "columns": (), "parts": {}, "num_rows": 0, "source": "", "sha256": "",
    }  # fmt: skip
    if plan is not None and run is not None:
        content |= _of_table(plan, run)
    return Report(
        format=FORMAT,
        kind=about["kind"],
        name=plan.table.name if plan is not None else recipe_of(about),
        made=about["made"],
        target=plan.schema.target.name if plan is not None else "",
        task=plan.schema.target.task if plan is not None else "",
        ending=found["ending"],
        epochs=found["epochs"],
        best_epoch=found["best_epoch"] or 0,
        num_folds=len(curves) if about["kind"] == "folds" else 0,
        metrics={name: _floats(values) for name, values in measured.items() if values},
        verdict=verdict,
        curves=tuple(curves),
        settings=settings_of(about, plan),
        versions={
            **{str(name): str(version) for name, version in about["versions"].items()},
            **{name: str(about[name]) for name in ("device", "threads", "seed") if about.get(name) is not None},
        },
        command=command_of(about, plan),
        **content,
    )


def _floats(values: dict[str, Any]) -> dict[str, float]:
    """Metrics as they were before NaN became null."""
    return {name: float("nan") if value is None else float(value) for name, value in values.items()}


def _curves(folder: Path) -> list[Curve]:
    """The curve of the run, or one a fold."""
    members = sorted((folder / "folds").glob("*/"), key=lambda path: (len(path.name), path.name))
    curves = []
    for path in members or [folder]:
        found = read_json(path / METRICS)
        curves.append(
            curve_of(
                history.read(path), name=path.name if members else "",
                ending=found["ending"], best_epoch=found["best_epoch"] or 0,
            )
        )  # fmt: skip
    return curves


def _of_table(plan: Plan, run: Run) -> dict[str, Any]:
    """What a table's run can tell: predictions beside the truth, worst rows, importance, columns."""
    target, seed = plan.schema.target, plan.options.seed
    pairs = _validated(plan, run)
    shown: RowsOf = "out of fold" if run.members else "test" if "test" in plan.parts else "valid"
    if shown == "test":
        table = plan.parts["test"].taken()
        answers = run.answers(table)
    else:
        table = (
            plan.table.take(np.concatenate([part.rows for part, _ in pairs])) if run.members else pairs[0][0].taken()
        )
        answers = torch.cat([member.answers(part.taken()) for part, member in pairs])
    true, predicted = plan.schema.targets(table), answers.double().numpy()
    importances = _importances(plan, pairs)
    columns = [entry.column for entry in importances.columns]
    found: dict[str, Any] = {"regression": None, "classes": None}
    if target.task == "regression":
        numbers = true.double().numpy()
        found["regression"] = regression_of(plan.schema, table, numbers, predicted, seed=seed)
        found["worst"] = worst_numbers(table, numbers, predicted, columns)
    else:
        found["classes"] = classes_of(target.classes, true.numpy(), predicted)
        found["worst"] = worst_classes(target.classes, table, true.numpy(), predicted, columns)
    return found | {
        "shown": shown,
        "importances": importances,
        "notes": plan.notes,
        "columns": tuple(
            ColumnFact(name=column.name, kind=column.kind, used=column.used, missing=column.missing, why=column.why)
            for column in plan.schema.columns
        ),
        "parts": {name: len(part) for name, part in plan.parts.items()},
        "num_rows": plan.table.num_rows,
        "source": plan.table.source,
        "sha256": plan.table.sha256,
    }


def _validated(plan: Plan, run: Run) -> list[tuple[Part, Run]]:
    """The valid rows with the network that they are valid for: one pair, or one a fold that was trained."""
    if not run.members:
        return [(plan.parts["valid"], run)]
    return [(fold.parts["valid"], member) for fold, member in zip(fold_plans(plan), run.members, strict=False)]


def _importances(plan: Plan, pairs: list[tuple[Part, Run]]) -> Importances:
    """Column importance among the valid rows."""
    groups = []
    for part, member in pairs:
        model, schema = member.model, member.schema
        assert isinstance(model, TableModel) and schema is not None, "a table's run has both"
        table = part.taken()
        groups.append(Judged(answer=_Answer(model), inputs=schema.inputs(table), targets=schema.targets(table)))
    model = pairs[0][1].model
    assert model is not None, "a table's run has a model"
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    return importances_of(plan.schema, groups, num_parameters=num_parameters, seed=plan.options.seed)


class _Answer:
    """A model as a function from raw columns to answers."""

    def __init__(self, model: TableModel) -> None:
        self.model = model

    def __call__(self, inputs: Tensor) -> Tensor:
        """inputs: (rows, slots), float32. Returns (rows,) values or (rows, classes) probabilities, float64."""
        with evaluating(self.model):
            return torch.cat([self.model.answers(self.model(batch)) for batch in torch.split(inputs, PREDICT_BATCH)])
