"""What the worst rows and the importance of columns say, and which rows the plots show, in sentences."""

import math

from torchwise.runs.report.content import Importance, Importances, Report, Worst
from torchwise.runs.report.words import count, number, percent
from torchwise.runs.verdict import format_metric
from torchwise.texts import tr, trn

CLEAR = 1.5  # how many times its spread an importance is, where it is told from chance (t test, 5 shuffles, 1.4 %)
FEW = 20  # rows of which a twentieth is one


def say_shown(report: Report) -> list[str]:
    """Which rows the plots show, and whether they flatter."""
    if report.shown == "test":
        return [tr("The plots below show the test rows: nothing was learnt from them and nothing was chosen by them.")]
    if report.shown == "valid":
        return [
            tr("No test rows were kept, so the plots below show the valid rows. The best epoch was chosen by them, so "
               "they flatter the network.")
        ]  # fmt: skip
    if report.shown == "out of fold":
        return [
            tr("The plots below show the rows of all folds, each predicted by the network that was not trained on it. "
               "That network's best epoch was chosen by them, so they flatter it a little.")
        ]  # fmt: skip
    return []


def say_worst(worst: Worst, *, is_regression: bool) -> list[str]:
    """How the errors are shared among the rows."""
    if not is_regression:
        if not worst.num_wrong:
            return [tr("None of these rows is wrong.")]
        return [
            trn("{count} row is wrong.", "{count} rows are wrong, first those whose true class was given the least "
                "probability.", worst.num_wrong)
        ]  # fmt: skip
    if not worst.rows:
        return []
    largest = abs(worst.rows[0].error)
    if largest == 0:
        return [tr("None of these rows has an error.")]
    said = []
    if worst.median_error > 0 and math.isfinite(largest):
        said.append(
            tr("The largest error is {times} times the typical one, {typical}.",
               times=number(largest / worst.median_error), typical=number(worst.median_error))
        )  # fmt: skip
    if worst.num_rows >= FEW and math.isfinite(worst.share):
        said.append(
            trn("The worst row of {rows} makes {share} of the squared error.",
                "The worst {count} of {rows} rows make {share} of the squared error.",
                worst.num_twentieth, rows=count(worst.num_rows), share=percent(worst.share))
        )  # fmt: skip
    return said


def say_importances(found: Importances) -> list[str]:
    """Which columns matter."""
    if not found.columns or not math.isfinite(found.base):
        return [tr("The importance of the columns can't be measured on these rows.")]
    clear = [column for column in found.columns if is_clear(column)]
    said = []
    first = found.columns[0]
    if is_clear(first):
        after = found.base + first.mean if found.metric == "rmse" else found.base - first.mean
        said.append(
            tr("{column} matters most: with its values shuffled among the rows, the {metric} goes from {base} to "
               "{after}.",
               column=first.column, metric=found.metric, base=format_metric(found.base), after=format_metric(after))
        )  # fmt: skip
    elif clear:
        said.append(
            tr("By more than chance matter: {names}.", names=tr(", ").join(column.column for column in clear[:3]))
        )
    else:
        said.append(tr("No column matters by more than chance: shuffling any one of them changes little."))
    idle = len(found.columns) - len(clear)
    if clear and idle:
        said.append(
            trn("{count} of the {columns} columns shown makes no difference that stands out.",
                "{count} of the {columns} columns shown make no difference that stands out.",
                idle, columns=len(found.columns))
        )  # fmt: skip
    if found.num_columns > len(found.columns):
        said.append(
            tr("The {shown} of {count} columns to which the predictions react most were tried.",
               shown=len(found.columns), count=found.num_columns)
        )  # fmt: skip
    said.append(
        tr("Measured on {rows} valid rows, {shuffles} shuffles a column; columns that tell the same share their "
           "importance.",
           rows=count(found.num_rows), shuffles=found.num_shuffles)
    )  # fmt: skip
    return said


def is_clear(column: Importance) -> bool:
    """Whether an importance is told from chance."""
    return math.isfinite(column.mean) and column.mean > 0 and column.mean > CLEAR * (column.spread or 0.0)
