"""The plots of any run and of regressions; each is given numbers and gives an <svg> element."""

import math
from collections.abc import Sequence
from datetime import date

from torchwise.runs.report.content import ColumnErrors, Curve, Group, Importances, Regression
from torchwise.runs.report.drawing import FAINT, INK, LINES, Drawing
from torchwise.runs.report.words import category, day
from torchwise.texts import tr

LOG_FROM = 20  # times; losses that spread wider are shown on a log scale
DOTS = {"linestyle": "none", "marker": "o", "markersize": 3.2, "color": LINES[0], "alpha": 0.5, "markeredgewidth": 0}


def draw_curves(curves: Sequence[Curve]) -> str:
    """Losses by epoch, the best epoch marked."""
    plot = Drawing("curves")
    many = len(curves) > 1
    train, valid = tr("train loss"), tr("valid loss")
    for i, curve in enumerate(curves):
        settings = {"linewidth": 0.9 if many else 1.6, "marker": "o" if len(curve.epochs) == 1 else "", "markersize": 4}
        plot.axes.plot(curve.epochs, curve.train, color=LINES[0], label=plot.word(train) if not i else None, **settings)
        if curve.valid:
            named = plot.word(valid) if not i else None
            plot.axes.plot(curve.epochs, curve.valid, color=LINES[1], label=named, **settings)
        marked = [
            (epoch, loss) for epoch, loss in zip(curve.epochs, curve.valid or curve.train, strict=True)
            if epoch == curve.best_epoch
        ]  # fmt: skip
        named = plot.word(tr("best epoch") if many else tr("best epoch: {epoch}", epoch=curve.best_epoch))
        for epoch, loss in marked:
            if not many:
                plot.axes.axvline(epoch, color=FAINT, linewidth=1, linestyle=(0, (3, 3)))
            plot.axes.plot(
                [epoch], [loss], color=INK, marker="D", markersize=4.5, linestyle="none", label=None if i else named
            )
    losses = [loss for curve in curves for loss in (*curve.train, *curve.valid) if math.isfinite(loss)]
    if losses and min(losses) > 0 and max(losses) > LOG_FROM * min(losses):
        plot.use_log_scale(min(losses), max(losses))
    _whole_numbers(plot)
    plot.label(tr("epoch"), tr("loss"))
    plot.show_legend()
    return plot.svg(tr("Learning curves"))


def draw_predictions(found: Regression, target: str) -> str:
    """Predicted against true, with the line on which both are the same."""
    plot = Drawing("predictions")
    ends = [*found.true, *found.predicted]
    low, high = min(ends), max(ends)
    plot.axes.plot([low, high], [low, high], color=INK, linewidth=1, label=plot.word(tr("predicted = true")))
    plot.axes.plot(found.true, found.predicted, **DOTS)
    plot.label(tr("true {target}", target=target), tr("predicted"))
    _few_ticks(plot)
    plot.show_legend()
    return plot.svg(tr("Predicted against true"))


def draw_by_prediction(found: Regression, target: str) -> str:
    """Errors by prediction, with the mean of each fifth."""
    plot = Drawing("by prediction")
    errors = [predicted - true for predicted, true in zip(found.predicted, found.true, strict=True)]
    plot.axes.axhline(0, color=INK, linewidth=0.8)
    plot.axes.plot(found.predicted, errors, **DOTS)
    _means(plot, found.by_prediction)
    plot.label(tr("predicted {target}", target=target), tr("predicted − true"))
    _few_ticks(plot)
    plot.show_legend()
    return plot.svg(tr("Errors by prediction"))


def draw_column(column: ColumnErrors, place: int) -> str:
    """Errors by the values of one column."""
    if column.kind == "category":
        return _draw_categories(column, place)
    plot = Drawing(f"column {place}")
    plot.axes.axhline(0, color=INK, linewidth=0.8)
    pairs = [(at, error) for at, error in zip(column.at, column.errors, strict=True) if math.isfinite(at)]
    plot.axes.plot([at for at, _ in pairs], [error for _, error in pairs], **DOTS)
    _means(plot, column.groups)
    plot.label(column.column, tr("predicted − true"))
    _few_ticks(plot)
    if column.kind == "date":
        _days(plot, [at for at, _ in pairs])
    plot.show_legend()
    return plot.svg(tr("Errors by {column}", column=column.column))


def _draw_categories(column: ColumnErrors, place: int) -> str:
    """Errors by category: a row of dots each, the mean on it."""
    groups = column.groups
    plot = Drawing(f"column {place}", height=1.1 + 0.26 * len(groups))
    plot.axes.axvline(0, color=INK, linewidth=0.8)
    pairs = [(at, error) for at, error in zip(column.at, column.errors, strict=True) if math.isfinite(at)]
    # Spread up and down by the golden ratio, so that no random numbers are needed and no two neighbours touch.
    heights = [at + 0.5 * ((i * 0.618034) % 1 - 0.5) for i, (at, _) in enumerate(pairs)]
    plot.axes.plot([error for _, error in pairs], heights, **DOTS)
    for row, group in enumerate(groups):
        half = 1.96 * group.mean_error
        named = plot.word(_named_mean()) if row == 0 else None
        plot.axes.plot([group.mean - half, group.mean + half], [row, row], color=LINES[1], linewidth=2, label=named)
        plot.axes.plot([group.mean], [row], color=LINES[1], marker="D", markersize=5, linestyle="none")
    plot.name_rows([category(group.name) for group in groups])
    plot.label(tr("{column}: predicted − true", column=column.column))
    plot.show_legend()
    return plot.svg(tr("Errors by {column}", column=column.column))


def draw_importances(found: Importances) -> str:
    """How much worse the metric becomes when a column is shuffled."""
    plot = Drawing("importance", height=0.75 + 0.22 * len(found.columns))
    means = [column.mean for column in found.columns]
    spreads = [column.spread if math.isfinite(column.spread) else 0.0 for column in found.columns]
    plot.axes.axvline(0, color=INK, linewidth=0.8)
    plot.axes.barh(
        range(len(means)), means, height=0.6, color=LINES[0], xerr=spreads, error_kw={"ecolor": INK, "elinewidth": 1}
    )
    plot.name_rows([column.column for column in found.columns])
    plot.label(tr("{metric} worse by, when shuffled", metric=found.metric))
    return plot.svg(tr("Column importance"))


def _means(plot: Drawing, groups: Sequence[Group]) -> None:
    """The mean error of each group of a number, as a step with its interval."""
    named: str | None = plot.word(_named_mean())
    for group in groups:
        if not math.isfinite(group.low):
            continue
        half, middle = 1.96 * group.mean_error, (group.low + group.high) / 2
        plot.axes.plot(
            [group.low, group.high], [group.mean] * 2, color=LINES[1], linewidth=2.4, solid_capstyle="butt", label=named
        )
        plot.axes.plot([middle, middle], [group.mean - half, group.mean + half], color=LINES[1], linewidth=1.4)
        if group.low == group.high:
            plot.axes.plot([middle], [group.mean], color=LINES[1], marker="D", markersize=5, linestyle="none")
        named = None


def _named_mean() -> str:
    """What the marks of groups are."""
    return tr("mean of a group, 95 % interval")


def _few_ticks(plot: Drawing) -> None:
    """At most five numbers a side, so that long ones do not touch."""
    plot.axes.locator_params(axis="both", nbins=5)


def _days(plot: Drawing, at: Sequence[float]) -> None:
    """Dates along the plot: new years, or days where there are few years."""
    low, high = (int(day(end)[:4]) for end in (min(at, default=0), max(at, default=0)))
    if high - low < 3:
        plot.axes.locator_params(axis="x", nbins=3)
        plot.axes.xaxis.set_major_formatter(lambda value, _: day(value))
        return
    years = range(low + 1, high + 1, -(-(high - low) // 5))
    plot.axes.set_xticks([(date(year, 1, 1) - date(2000, 1, 1)).days for year in years], [str(year) for year in years])


def _whole_numbers(plot: Drawing) -> None:
    """Epochs have no fractions."""
    from matplotlib.ticker import MaxNLocator

    plot.axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
