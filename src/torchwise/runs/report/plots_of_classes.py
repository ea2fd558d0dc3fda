"""The plots of classifications; each is given numbers and gives an <svg> element."""

import math

from torchwise.runs.report.chance import wilson
from torchwise.runs.report.content import Classes
from torchwise.runs.report.drawing import FAINT, INK, LINES, Drawing
from torchwise.texts import tr

DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))


def draw_roc(found: Classes) -> str:
    """The share of a class that is found, by the share of the others taken for it."""
    plot = Drawing("roc")
    plot.axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, label=plot.word(tr("chance")))
    for place, ranking in enumerate(found.rankings):
        if math.isfinite(ranking.auroc):
            named = plot.word(ranking.name, 16)
            colour, dash = LINES[place % len(LINES)], DASHES[place % len(DASHES)]
            plot.axes.plot(ranking.false_rate, ranking.true_rate, color=colour, linestyle=dash, label=named)
    plot.label(tr("share of the others called so"), tr("share found"))
    _from_0_to_1(plot)
    plot.show_legend()
    return plot.svg(tr("ROC curves"))


def draw_precision(found: Classes) -> str:
    """The share of those called a class that are of it, by the share of it that is found."""
    plot = Drawing("precision")
    for place, ranking in enumerate(found.rankings):
        if ranking.rows:
            named = plot.word(ranking.name, 16)
            colour, dash = LINES[place % len(LINES)], DASHES[place % len(DASHES)]
            plot.axes.plot(ranking.true_rate, ranking.precision, color=colour, linestyle=dash, label=named)
    if len(found.rankings) == 1 and found.num_rows:
        share = found.rankings[0].rows / found.num_rows
        plot.axes.axhline(share, color=FAINT, linewidth=1, label=plot.word(tr("chance")))
    plot.label(tr("recall: share found"), tr("precision"))
    _from_0_to_1(plot)
    plot.show_legend()
    return plot.svg(tr("Precision and recall"))


def draw_calibration(found: Classes) -> str:
    """How often a class came true, by the probability it was given."""
    plot = Drawing("calibration")
    plot.axes.plot([0, 1], [0, 1], color=INK, linewidth=1, label=plot.word(tr("as promised")))
    named: str | None = plot.word(tr("came true, 95 % interval"))
    for entry in found.bins:
        low, high = wilson(entry.came_true, entry.count)
        colour = LINES[1] if entry.is_clear else LINES[0]
        plot.axes.plot([entry.mean] * 2, [low, high], color=colour, linewidth=1.4)
        plot.axes.plot(
            [entry.mean], [entry.came_true / max(1, entry.count)], color=colour, marker="o", markersize=5,
            linestyle="none", label=named,
        )  # fmt: skip
        named = None
    across = tr("probability of {name}", name=found.classes[1].name) if len(found.classes) == 2 else tr("probability")
    plot.label(across, tr("share that came true"))
    _from_0_to_1(plot)
    plot.show_legend()
    return plot.svg(tr("Calibration"))


def _from_0_to_1(plot: Drawing) -> None:
    """Both axes from 0 to 1, a little room around."""
    plot.axes.set_xlim(-0.02, 1.02)
    plot.axes.set_ylim(-0.02, 1.03)
