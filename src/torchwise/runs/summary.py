"""What a person reads before and after a training: columns, parts, notes; then the result and the verdict."""

from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable

from torchwise.console import is_left_whole
from torchwise.data.names import part_name
from torchwise.data.schema import Column
from torchwise.runs import verdict as verdicts
from torchwise.runs.report.making import PAGE
from torchwise.runs.training import Outcome
from torchwise.runs.verdict import Verdict, format_metric
from torchwise.texts import tr
from torchwise.train.plan import Plan

KIND_ORDER = ("number", "yes/no", "category", "date", "text", "id", "constant")


def print_plan(plan: Plan, console: Console) -> None:
    """The table, its columns by kind, the parts, and whatever was noticed on the way."""
    target, whole = plan.schema.target, is_left_whole(console)
    console.print(
        tr("{name}: {rows} rows; predicts {target} ({task})", name=plan.table.name, rows=f"{plan.table.num_rows:,}",
           target=target.name, task=_task(plan)),
        highlight=False, markup=False, soft_wrap=whole,
    )  # fmt: skip
    console.print(_columns(plan.schema.columns, console.width))
    sizes = "  ".join(f"{part_name(name)} {len(part):,}" for name, part in plan.parts.items())
    if plan.options.folds:
        sizes += "  " + tr("({folds} folds: each is valid once)", folds=plan.options.folds)
    console.print(tr("rows: {sizes}", sizes=sizes), highlight=False)
    for text in plan.notes:
        console.print(
            tr("note: {text}", text=str(text)), style="yellow", highlight=False, markup=False, soft_wrap=whole
        )


def print_outcome(outcome: Outcome, console: Console) -> None:
    """How the training ended, the verdict, and where everything lies."""
    console.print(_ending(outcome), highlight=False)
    if outcome.lost_s is not None:
        console.print(
            tr("epoch {number} will be repeated, {seconds} s lost: torchwise train --resume {folder}",
               number=outcome.repeated, seconds=f"{outcome.lost_s:.1f}", folder=outcome.folder),
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip
    if outcome.verdict is not None:
        console.print(_verdict_table(outcome.verdict))
        console.print(
            tr("verdict: {sentence}", sentence=verdicts.sentence(outcome.verdict)),
            style="bold", highlight=False, soft_wrap=is_left_whole(console),
        )  # fmt: skip
    if outcome.valid_metrics:
        shown = "  ".join(f"{name} {format_metric(value)}" for name, value in outcome.valid_metrics.items())
        rows = tr("out-of-fold rows") if outcome.folds else tr("valid rows")
        console.print(tr("{rows}: {metrics}", rows=rows, metrics=shown), highlight=False)
        if outcome.verdict is None and outcome.predicted:
            console.print(
                tr("no test rows were kept: the rows above chose the best epoch, so they flatter the network"),
                style="yellow", highlight=False, soft_wrap=is_left_whole(console),
            )  # fmt: skip
    predicted = tr("predictions.csv: the {part} rows", part=part_name(outcome.predicted)) if outcome.predicted else ""
    console.print(
        tr("run: {folder}", folder=outcome.folder), predicted, sep="   ", highlight=False, soft_wrap=True, markup=False
    )
    if (page := outcome.folder / PAGE).exists():
        console.print(tr("report: {path}", path=page), highlight=False, soft_wrap=True, markup=False)


def _columns(columns: tuple[Column, ...], width: int) -> Padding:
    """One line a kind of columns that are used; one line each for those left out, with the reason."""
    table = RichTable(box=None, pad_edge=False, header_style="dim")
    for name in (tr("kind"), tr("columns"), ""):
        table.add_column(name, justify="right" if name == tr("columns") else "left", overflow="fold")
    used = sorted((c for c in columns if c.used), key=lambda c: KIND_ORDER.index(c.kind))
    for kind, group in groupby(used, key=lambda c: c.kind):
        members = list(group)
        missing = sum(1 for column in members if column.missing)
        names = _shortened([column.name for column in members], max(20, width - 40))
        names += "  " + tr("({count} with missing values)", count=missing) if missing else ""
        table.add_row(_kind(kind), str(len(members)), names)
    for column in columns:
        if not column.used:
            table.add_row(
                _kind(column.kind),
                tr("left out"),
                tr("{name}: {why}", name=column.name, why=column.why),
                style="yellow",
            )
    return Padding(table, (0, 0, 0, 2))


def _verdict_table(verdict: Verdict) -> Padding:
    """The network and its rivals, a row each, by all metrics of the task."""
    table = RichTable(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for name in verdict.metrics:
        table.add_column(name, justify="right")
    table.add_column(tr("the network is [95 % interval]"))
    table.add_row(tr("the network"), *map(format_metric, verdict.metrics.values()), "", style="bold")
    for rival in verdict.rivals:
        name = verdicts.rival_name(rival.name, verdict.task)
        table.add_row(name, *map(format_metric, rival.metrics.values()), verdicts.advantage(rival))
    return Padding(table, (0, 0, 0, 2))


def _ending(outcome: Outcome) -> str:
    """Why the training stopped, and which epoch was the best."""
    if outcome.folds:
        best = ", ".join(str(fold.best_epoch) for fold in outcome.folds)
        return tr("{folds} folds trained; their best epochs: {best}", folds=len(outcome.folds), best=best)
    reasons = {
        "epochs done": tr("all {epochs} epochs done", epochs=outcome.epochs),
        "no better": tr("stopped after epoch {epochs}: no better for a while", epochs=outcome.epochs),
        "interrupted": tr("interrupted after epoch {epochs}", epochs=outcome.epochs),
        "not finite": tr("stopped at epoch {epochs}: the loss was no longer a number", epochs=outcome.epochs),
    }
    return tr("{reason}; the best is epoch {best}", reason=reasons[outcome.ending], best=outcome.best_epoch)


def _shortened(names: list[str], width: int) -> str:
    """Names in a row, as many as fit, then how many more."""
    shown: list[str] = []
    used = 0
    for name in names:
        used += cell_len(name) + 2
        if used > width and shown:
            return ", ".join(shown) + tr(" and {count} more", count=len(names) - len(shown))
        shown.append(name)
    return ", ".join(shown)


def _task(plan: Plan) -> str:
    """The task in words, with the classes where there are few."""
    target = plan.schema.target
    if target.task == "regression":
        return tr("regression")
    task = tr("binary") if target.task == "binary" else tr("multi-class")
    return tr("{task}: {classes}", task=task, classes=_shortened(list(target.classes), 40))


def _kind(kind: str) -> str:
    """A kind of column in the reader's language."""
    return {
        "number": tr("number"),
        "yes/no": tr("yes/no"),
        "category": tr("category"),
        "date": tr("date"),
        "text": tr("text"),
        "id": tr("row id"),
        "constant": tr("constant"),
    }[kind]
