"""What the plots of a regression say, in sentences."""

import math

from torchwise.runs.report.chance import FEWEST
from torchwise.runs.report.content import ColumnErrors, Group, Regression
from torchwise.runs.report.words import category, number, percent, range_of
from torchwise.texts import tr, trn

CONSTANT = 0.01  # predictions whose spread is less than this share of the targets' are all about the same
NARROW = 0.6  # of the targets' spread: predictions that keep to the middle
UNEVEN = 1.5  # how many times as large the typical error of one end is


def say_predictions(found: Regression) -> list[str]:
    """Predicted against true."""
    said = []
    if found.num_rows < FEWEST:
        said.append(few_rows(found.num_rows))
    if found.num_rows > 1 and found.spread_true == 0:
        said.append(tr("All true values are the same here, so the plot can't tell how well the network follows them."))
    elif found.num_rows > 1 and found.spread_predicted <= CONSTANT * found.spread_true:
        said.append(
            tr("All predictions are about the same: the network has learnt no more than one value for all rows.")
        )
    elif math.isfinite(found.r2) and found.r2 <= 0:
        said.append(tr("On these rows the predictions are farther from the truth than their plain mean would be."))
    elif math.isfinite(found.r2):
        said.append(tr("The predictions explain {share} of how the true values differ (r2).", share=percent(found.r2)))
        if found.spread_predicted < NARROW * found.spread_true:
            said.append(
                tr("They keep to the middle: they spread {share} as widely as the true values.",
                   share=percent(found.spread_predicted / found.spread_true))
            )  # fmt: skip
    if found.num_rows >= FEWEST:
        said.append(
            tr("Half of them are within {half} of the truth, nine of ten within {most}.",
               half=number(found.median_error), most=number(found.error_90))
        )  # fmt: skip
    return said


def say_by_prediction(found: Regression) -> list[str]:
    """Errors by prediction: where they lean to one side, and where they are larger."""
    if found.num_rows < FEWEST:
        return [few_rows(found.num_rows)]
    if found.num_rows > 1 and found.spread_predicted <= CONSTANT * found.spread_true:
        return [tr("The predictions are all about the same, so the errors can't be ordered by them.")]
    clear = _worst(found.by_prediction)
    said = []
    if clear is None:
        said.append(tr("No range of predictions is clearly too high or too low."))
    else:
        where = range_of(clear, found.by_prediction, "number")
        sign = tr("too high") if clear.mean > 0 else tr("too low")
        said.append(
            tr("Where the prediction is {where}, it is {sign} by {size} on average ({rows}).",
               where=where, sign=sign, size=number(abs(clear.mean)), rows=_rows(clear.count))
        )  # fmt: skip
    known = [group for group in found.by_prediction if group.count >= 2 * FEWEST]
    if len(known) >= 2:
        low, high = known[0], known[-1]
        if low.typical > 0 and high.typical > UNEVEN * low.typical:
            said.append(
                tr("The errors grow with the prediction: typically {low} among the lowest, {high} among the highest.",
                   low=number(low.typical), high=number(high.typical))
            )  # fmt: skip
        elif high.typical > 0 and low.typical > UNEVEN * high.typical:
            said.append(
                tr("The errors shrink as the prediction grows: typically {low} among the lowest, {high} among the "
                   "highest.", low=number(low.typical), high=number(high.typical))
            )  # fmt: skip
    return said


def say_column(column: ColumnErrors) -> list[str]:
    """Errors by one column."""
    clear = _worst(column.groups)
    if clear is None:
        return [tr("No clear pattern: the errors lean to neither side for any of its values.")]
    sign = tr("too high") if clear.mean > 0 else tr("too low")
    size, rows = number(abs(clear.mean)), _rows(clear.count)
    if clear.name:
        return [
            tr("Where {column} is {name}, predictions are {sign} by {size} on average ({rows}).",
               column=column.column, name=category(clear.name), sign=sign, size=size, rows=rows)
        ]  # fmt: skip
    return [
        tr("Where {column} is {where}, predictions are {sign} by {size} on average ({rows}).",
           column=column.column, where=range_of(clear, column.groups, column.kind), sign=sign, size=size, rows=rows)
    ]  # fmt: skip


def say_columns(found: Regression) -> list[str]:
    """What is said above the plots of columns."""
    if not found.by_column:
        return [tr("There are too few rows to see errors by column.")]
    if not any(group.is_clear for column in found.by_column for group in column.groups):
        return [
            tr("In none of the {count} columns do the errors clearly lean to one side; the nearest to it are shown.",
               count=found.num_columns)
        ]  # fmt: skip
    return [
        trn("Of {count} column, what tells most about the errors is shown.",
            "Of {count} columns, those that tell most about the errors are shown.", found.num_columns)
    ]  # fmt: skip


def few_rows(num_rows: int) -> str:
    """That there are too few rows to say more."""
    return trn(
        "There is only {count} row here: too few to conclude anything.",
        "There are only {count} rows here: too few to conclude anything.",
        num_rows,
    )


def _worst(groups: tuple[Group, ...]) -> Group | None:
    """The clear group whose errors lean most to one side."""
    clear = [group for group in groups if group.is_clear and math.isfinite(group.mean)]
    return max(clear, key=lambda group: abs(group.mean), default=None)


def _rows(num_rows: int) -> str:
    """A count of rows in words."""
    return trn("{count} row", "{count} rows", num_rows)
