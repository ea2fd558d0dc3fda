"""What the plots of a classification say, in sentences."""

import math

from torchwise.runs.report.chance import FEWEST, wilson
from torchwise.runs.report.content import Bin, Classes, Ranking
from torchwise.runs.report.say_regression import few_rows
from torchwise.runs.report.words import count, percent
from torchwise.texts import tr, trn

MOST_NAMED = 3


def say_confusion(found: Classes) -> list[str]:
    """Who is taken for whom."""
    if not found.num_rows:
        return []
    low, high = wilson(found.num_right, found.num_rows)
    said = [
        tr("{right} of {rows} rows are right, {share} (95 % interval {low} to {high}).",
           right=count(found.num_right), rows=count(found.num_rows), share=percent(found.num_right / found.num_rows),
           low=percent(low), high=percent(high))
    ]  # fmt: skip
    largest = max(found.classes, key=lambda entry: entry.rows)
    if found.num_right <= largest.rows < found.num_rows:
        said.append(
            tr("Always to say {name} would be right in {share}.",
               name=largest.name, share=percent(largest.rows / found.num_rows))
        )  # fmt: skip
    if found.mistakes:
        first = found.mistakes[0]
        said.append(
            tr("The most frequent mistake: {true} taken for {called}, in {count} of {rows} rows of {true}.",
               true=first.true, called=first.called, count=count(first.count), rows=count(first.rows))
        )  # fmt: skip
    never = [entry.name for entry in found.classes if entry.rows and not entry.called]
    if never:
        said.append(tr("Never predicted: {names}.", names=_named(never)))
    absent = [entry.name for entry in found.classes if not entry.rows]
    if absent:
        said.append(tr("Among these rows there is none of: {names}.", names=_named(absent)))
    return said


def say_roc(found: Classes) -> list[str]:
    """How well the probabilities rank the rows."""
    known = [ranking for ranking in found.rankings if math.isfinite(ranking.auroc)]
    if not known:
        return [tr("All these rows are of one class, so there is no order to get right and no curve.")]
    if len(known) == 1:
        only = known[0]
        said = [
            tr("In {share} of all pairs of a row of {name} and another one, the row of {name} has the higher "
               "probability of it (auroc); by chance it would be 50 %.", share=percent(only.auroc), name=only.name)
        ]  # fmt: skip
        if only.auroc < 0.5:
            said.append(tr("That is below chance: on these rows the order is rather the reverse."))
        return said + _few_of(only, found.num_rows)
    best, worst = max(known, key=lambda entry: entry.auroc), min(known, key=lambda entry: entry.auroc)
    if best.auroc == worst.auroc:
        return [tr("All classes shown are told from the rest equally well (auroc {area}).", area=_area(best.auroc))]
    return [
        tr("{best} is told best from the rest (auroc {high}), {worst} worst ({low}); by chance it would be 0.5.",
           best=best.name, high=_area(best.auroc), worst=worst.name, low=_area(worst.auroc))
    ]  # fmt: skip


def say_precision(found: Classes) -> list[str]:
    """How many of those called a class are of it, and how many of it are found."""
    names = [ranking.name for ranking in found.rankings if ranking.rows]
    counts = [entry for entry in found.classes if entry.name in names]
    if not counts:
        return [tr("No row is of {name} here, so none can be found.", name=_named([r.name for r in found.rankings]))]
    # The class whose precision and recall are worst together (F1); of two classes the one that is looked for.
    worst = min(counts, key=lambda entry: 2 * entry.right / max(1, entry.rows + entry.called))
    if len(counts) > 1 and all(entry.rows == entry.called == entry.right for entry in counts):
        return [tr("All rows of the classes shown are found, and no other row is taken for one of them.")]
    said = [] if len(counts) == 1 else [tr("The hardest class is {name}.", name=worst.name)]
    if not worst.called:
        return [*said, tr("No row is called {name}, so none of its {rows} rows is found.",
                          name=worst.name, rows=count(worst.rows))]  # fmt: skip
    return [
        *said,
        tr("Of {called} rows called {name}, {precision} are (precision); of {rows} rows that are, {recall} are found "
           "(recall).", called=count(worst.called), name=worst.name, precision=percent(worst.right / worst.called),
           rows=count(worst.rows), recall=percent(worst.right / worst.rows)),
    ]  # fmt: skip


def say_calibration(found: Classes) -> list[str]:
    """Whether the probabilities hold."""
    if not any(entry.count >= FEWEST for entry in found.bins):
        return [few_rows(found.num_rows)] if found.num_rows < FEWEST else [_too_thin()]
    clear = [entry for entry in found.bins if entry.is_clear and entry.count]
    if not clear:
        off = sum(abs(entry.mean * entry.count - entry.came_true) for entry in found.bins) / found.num_rows
        return [
            tr("No group of rows differs from what its probabilities promise by more than chance; on average they are "
               "{points} apart.", points=_points(off))
        ]  # fmt: skip
    worst = max(clear, key=lambda entry: abs(entry.mean - entry.came_true / entry.count))
    return [_say_bin(worst, found)]


def _say_bin(entry: Bin, found: Classes) -> str:
    """The sentence about rows whose probabilities do not hold."""
    share = entry.came_true / entry.count
    is_binary = len(found.classes) == 2
    values: dict[str, object] = {
        "rows": count(entry.count), "low": f"{100 * entry.low:.0f}", "high": f"{100 * entry.high:.0f}",
        "share": percent(share), "mean": percent(entry.mean),
    }  # fmt: skip
    # Over-confident: the truth lies nearer to even odds than what was said.
    is_over = share < entry.mean if not is_binary or entry.mean >= 0.5 else share > entry.mean
    verdict = tr("over-confident") if is_over else tr("under-confident")
    if is_binary:
        return tr("Of {rows} rows given {low}-{high} % for {name} ({mean} on average), {share} were: {verdict}.",
                  verdict=verdict, name=found.classes[1].name, **values)  # fmt: skip
    return tr("Of {rows} rows whose class was given {low}-{high} % ({mean} on average), it was right in {share}: "
              "{verdict}.", verdict=verdict, **values)  # fmt: skip


def _too_thin() -> str:
    """That the rows spread over too many groups to judge any."""
    return tr("There are too few rows of any one probability to judge whether it holds.")


def _few_of(ranking: Ranking, num_rows: int) -> list[str]:
    """A warning where few rows are on one side of a ranking."""
    few = min(ranking.rows, num_rows - ranking.rows)
    if few >= FEWEST:
        return []
    return [trn("Only {count} row is on one side, so this is a rough figure.",
                "Only {count} rows are on one side, so this is a rough figure.", few)]  # fmt: skip


def _area(area: float) -> str:
    """An area under a curve; not rounded up to 1."""
    return f"{area:.3f}" if 0.995 <= area < 1 else f"{area:.2f}"


def _points(share: float) -> str:
    """A difference of two shares, in percentage points."""
    return tr("{points} percentage points", points=f"{100 * share:.1f}")


def _named(names: list[str]) -> str:
    """A few names, and how many more."""
    shown = tr(", ").join(names[:MOST_NAMED])
    return (
        shown
        if len(names) <= MOST_NAMED
        else tr("{names} and {count} more", names=shown, count=len(names) - MOST_NAMED)
    )
