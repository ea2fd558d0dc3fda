"""The numbers of a classification's plots: who is taken for whom, how well the probabilities rank, and if they hold."""

import math

import numpy as np
from numpy.typing import NDArray

from torchwise.runs.report.chance import FEWEST, Floats, Places, threshold, wilson
from torchwise.runs.report.content import Bin, ClassCount, Classes, Mistake, Ranking

MOST_SHOWN = 12  # classes of the confusion matrix
MOST_RANKED = 6  # classes with curves
MOST_MISTAKES = 5
CURVE_POINTS = 200
NUM_BINS = 10


def classes_of(names: tuple[str, ...], true: Places, probabilities: Floats) -> Classes:
    """The numbers for these rows.

    true: (rows,), int64, each in [0, classes). probabilities: (rows, classes), float64.
    """
    called = probabilities.argmax(axis=1)
    num_classes = len(names)
    matrix = np.bincount(true * num_classes + called, minlength=num_classes**2).reshape(num_classes, num_classes)
    rows = matrix.sum(axis=1)
    frequent = sorted(range(num_classes), key=lambda i: (-int(rows[i]), i))
    # Two classes mirror each other; their second one is what is looked for, as in the metric auroc.
    ranked = [1] if num_classes == 2 else sorted(i for i in frequent[:MOST_RANKED] if rows[i])
    shown = sorted(frequent[:MOST_SHOWN])
    return Classes(
        num_rows=len(true),
        num_right=int(np.trace(matrix)),
        classes=tuple(
            ClassCount(name=name, rows=int(rows[i]), called=int(matrix[:, i].sum()), right=int(matrix[i, i]))
            for i, name in enumerate(names)
        ),
        shown=tuple(shown),
        confusion=_folded(matrix, shown),
        mistakes=_mistakes(names, matrix),
        rankings=tuple(_ranking(names[i], true == i, probabilities[:, i]) for i in ranked),
        bins=_bins(true == 1, probabilities[:, 1])
        if num_classes == 2
        else _bins(true == called, probabilities.max(axis=1)),
    )


def _folded(matrix: NDArray[np.int64], shown: list[int]) -> tuple[tuple[int, ...], ...]:
    """The matrix of the classes shown; the others added up behind them."""
    rest = [i for i in range(len(matrix)) if i not in set(shown)]
    if not rest:
        return tuple(tuple(int(count) for count in row) for row in matrix)
    order = [[i] for i in shown] + [rest]
    return tuple(tuple(int(matrix[np.ix_(mine, other)].sum()) for other in order) for mine in order)


def _mistakes(names: tuple[str, ...], matrix: NDArray[np.int64]) -> tuple[Mistake, ...]:
    """The most frequent mistakes."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    found = []
    for place in np.argsort(-wrong, axis=None, kind="stable")[:MOST_MISTAKES].tolist():
        true, called = divmod(place, len(names))
        if wrong[true, called]:
            found.append(
                Mistake(
                    true=names[true], called=names[called],
                    count=int(wrong[true, called]), rows=int(matrix[true].sum()),
                )
            )  # fmt: skip
    return tuple(found)


def _ranking(name: str, is_it: NDArray[np.bool_], scores: Floats) -> Ranking:
    """One class against the rest: a point for each distinct probability, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    found = np.cumsum(is_it[order])[last]
    false = 1 + last - found
    positives, negatives = int(is_it.sum()), int((~is_it).sum())
    recall = found / positives if positives else np.full(len(found), math.nan)
    fall_out = false / negatives if negatives else np.full(len(found), math.nan)
    precision = found / (1 + last)
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision)) if positives else math.nan
    fall_out, recall = np.concatenate([[0.0], fall_out]), np.concatenate([[0.0], recall])
    precision = np.concatenate([precision[:1], precision])
    kept = np.unique(np.linspace(0, len(recall) - 1, min(CURVE_POINTS, len(recall))).round().astype(int))
    return Ranking(
        name=name,
        rows=positives,
        auroc=float(np.trapezoid(recall, fall_out)) if positives and negatives else math.nan,
        average_precision=average,
        false_rate=tuple(fall_out[kept].tolist()),
        true_rate=tuple(recall[kept].tolist()),
        precision=tuple(precision[kept].tolist()),
    )


def _bins(came_true: NDArray[np.bool_], probabilities: Floats) -> tuple[Bin, ...]:
    """The rows by tenths of the probability, empty tenths left out."""
    tenths = np.minimum((probabilities * NUM_BINS).astype(np.int64), NUM_BINS - 1)
    z = threshold(len(np.unique(tenths)))
    bins = []
    for tenth in np.unique(tenths).tolist():
        rows = np.flatnonzero(tenths == tenth)
        count, hits, mean = len(rows), int(came_true[rows].sum()), float(probabilities[rows].mean())
        low, high = wilson(hits, count, z)
        bins.append(
            Bin(
                low=tenth / NUM_BINS, high=(tenth + 1) / NUM_BINS, count=count, mean=mean, came_true=hits,
                is_clear=count >= FEWEST and not low <= mean <= high,
            )
        )  # fmt: skip
    return tuple(bins)
