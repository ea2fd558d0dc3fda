"""The parts of the page about predictions: plots beside the truth, the worst rows, the columns that matter."""

from torchwise.runs.report import plots, plots_of_classes
from torchwise.runs.report.content import Classes, Regression, Report
from torchwise.runs.report.markup import esc, figure, figures, heading, paragraphs, section, table
from torchwise.runs.report.say_classes import say_calibration, say_confusion, say_precision, say_roc
from torchwise.runs.report.say_regression import say_by_prediction, say_column, say_columns, say_predictions
from torchwise.runs.report.say_rows import say_importances, say_shown, say_worst
from torchwise.runs.report.words import count, number, percent, shortened
from torchwise.texts import tr


def predictions_section(report: Report) -> str:
    """Predictions beside the truth."""
    shown = paragraphs(say_shown(report))
    if report.regression is not None:
        return section(tr("Predictions"), shown, _of_regression(report.regression, report.target))
    if report.classes is not None:
        return section(tr("Predictions"), shown, _of_classes(report.classes))
    return ""


def _of_regression(found: Regression, target: str) -> str:
    """The plots of a regression."""
    columns = [
        figure(plots.draw_column(column, place), tr("Errors by {column}", column=column.column), say_column(column))
        for place, column in enumerate(found.by_column)
    ]
    return "\n".join(
        [
            figures(
                [
                    figure(plots.draw_predictions(found, target), tr("Predicted against true"), say_predictions(found)),
                    figure(
                        plots.draw_by_prediction(found, target), tr("Errors by prediction"), say_by_prediction(found)
                    ),
                ]
            ),
            heading(tr("Errors by column")),
            paragraphs(say_columns(found)),
            figures(columns),
        ]
    )


def _of_classes(found: Classes) -> str:
    """The confusion matrix and the plots of a classification."""
    drawn = [
        figure(_confusion(found), tr("Confusion matrix"), say_confusion(found)),
        figure(plots_of_classes.draw_calibration(found), tr("Calibration"), say_calibration(found)),
    ]
    roc, precision = tr("ROC curves"), tr("Precision and recall")
    if any(ranking.auroc == ranking.auroc for ranking in found.rankings):
        drawn.append(figure(plots_of_classes.draw_roc(found), roc, say_roc(found)))
    else:
        drawn.append(figure("", roc, say_roc(found)))
    if any(ranking.rows for ranking in found.rankings):
        drawn.append(figure(plots_of_classes.draw_precision(found), precision, say_precision(found)))
    else:
        drawn.append(figure("", precision, say_precision(found)))
    return figures(drawn)


def _confusion(found: Classes) -> str:
    """The matrix as a table; the darker a cell, the larger its share of the true class."""
    names = [found.classes[place].name for place in found.shown]
    if len(found.confusion) > len(names):
        names.append(tr("others"))
    rows = []
    for i, line in enumerate(found.confusion):
        cells = [esc(shortened(names[i], 24))]
        for j, value in enumerate(line):
            share = round(100 * value / max(1, sum(line)))
            colour = "right" if i == j else "wrong"
            cells.append(f'<span class="{colour}" style="--share:{share}%">{count(value)}</span>')
        rows.append(cells)
    header = [esc(tr("true ↓ called →")), *(esc(shortened(name, 16)) for name in names)]
    return table(header, rows, numbers=-1, kind="confusion")


def worst_section(report: Report) -> str:
    """The worst rows as they stand in the file."""
    worst, is_regression = report.worst, report.regression is not None
    if worst is None:
        return ""
    header = [
        tr("line") if any(row.line for row in worst.rows) else tr("row (from 0)"),
        tr("true"), tr("predicted"),
        tr("error") if is_regression else tr("probability of the true class"),
        *(shortened(name, 24) for name in worst.columns),
    ]  # fmt: skip
    rows = [
        [
            str(row.line or row.position), esc(row.true), esc(row.predicted),
            (f"{number(row.error)}" if row.error <= 0 else f"+{number(row.error)}")
            if is_regression else percent(row.error),
            *map(esc, row.cells),
        ]
        for row in worst.rows
    ]  # fmt: skip
    shown = table(list(map(esc, header)), rows, numbers=3 if is_regression else 0, kind="wide") if rows else ""
    said = [*say_worst(worst, is_regression=is_regression)]
    if rows:
        said.append(tr("From {source}:", source=worst.source))
    return section(tr("Worst errors"), paragraphs(said), shown)


def importance_section(report: Report) -> str:
    """The columns by importance."""
    found = report.importances
    if found is None:
        return ""
    said = say_importances(found)
    if not found.columns or found.base != found.base:
        return section(tr("Column importance"), paragraphs(said))
    return section(
        tr("Column importance"), figures([figure(plots.draw_importances(found), tr("Worse when shuffled"), said)])
    )
