"""The verdict: is the network worth it? Rivals are scored on the same test rows; small differences are ties."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from torchwise.texts import tr
from torchwise.train import metrics

NUM_RESAMPLES = 2000
Outcome = Literal["better", "tie", "worse"]
Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A baseline beside the network. `difference` is network minus rival in the main metric, in its 95 % interval."""

    name: str
    metrics: dict[str, float]
    difference: float
    low: float
    high: float
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How the network does on rows that nothing was chosen by. The first metric decides: rmse or accuracy."""

    task: str
    num_rows: int
    metrics: dict[str, float]
    rivals: tuple[Rival, ...]

    @property
    def metric(self) -> str:
        """The name of the metric that decides."""
        return next(iter(self.metrics))


def judge(task: str, predictions: Tensor, rivals: Mapping[str, Tensor], targets: Tensor, *, seed: int) -> Verdict:
    """Compare the network's predictions with the rivals' on the same rows.

    predictions and each rival: (rows,) values or (rows, classes) probabilities, float64.
    targets: (rows,), values in the target's unit, or class indices.
    A tie: 0 lies in the 95 % percentile interval of the paired bootstrap over rows (Efron & Tibshirani 1993, ch. 13).
    """
    names = metrics.OF_TASK[task]
    own = metrics.measure(names, predictions, targets)
    judged = [
        _compare(
            name,
            metrics.measure(names, other, targets),
            own,
            _scores(predictions, targets),
            _scores(other, targets),
            seed,
        )
        for name, other in rivals.items()
    ]
    return Verdict(task=task, num_rows=len(targets), metrics=own, rivals=tuple(judged))


def _compare(
    name: str, theirs: dict[str, float], own: dict[str, float], own_scores: Samples, their_scores: Samples, seed: int
) -> Rival:
    """One rival beside the network, by the first metric."""
    metric = next(iter(own))
    root = metric == "rmse"
    generator = np.random.default_rng(seed)
    num_rows = len(own_scores)
    differences = np.empty(NUM_RESAMPLES)
    for i in range(NUM_RESAMPLES):
        rows = generator.integers(num_rows, size=num_rows)
        mine, other = own_scores[rows].mean(), their_scores[rows].mean()
        differences[i] = np.sqrt(mine) - np.sqrt(other) if root else mine - other
    low, high = np.percentile(differences, [2.5, 97.5])
    lower_wins = metric in metrics.LOWER_IS_BETTER
    outcome: Outcome = "tie" if low <= 0 <= high else "better" if (high < 0) == lower_wins else "worse"
    return Rival(
        name=name,
        metrics=theirs,
        difference=own[metric] - theirs[metric],
        low=float(low),
        high=float(high),
        outcome=outcome,
    )


def _scores(predictions: Tensor, targets: Tensor) -> Samples:
    """What each row adds to the deciding metric's mean: the squared error, or 1 for a right class. (rows,) float64."""
    if targets.is_floating_point():
        scores = (predictions - targets.double()).square()
    else:
        scores = (predictions.argmax(dim=1) == targets).to(torch.float64)
    found: Samples = scores.numpy()
    return found


def sentence(verdict: Verdict) -> str:
    """The verdict in one honest sentence."""
    metric = verdict.metric
    named = {
        outcome: tr(", ").join(
            tr(
                "{rival} ({value})",
                rival=rival_name(rival.name, verdict.task),
                value=format_metric(rival.metrics[metric]),
            )
            for rival in verdict.rivals
            if rival.outcome == outcome
        )
        for outcome in ("better", "tie", "worse")
    }
    clauses = [
        tr("better than {rivals}", rivals=named["better"]) if named["better"] else "",
        tr("no clear difference from {rivals}", rivals=named["tie"]) if named["tie"] else "",
        tr("worse than {rivals}", rivals=named["worse"]) if named["worse"] else "",
    ]
    return tr(
        "on {rows} test rows the network's {metric} is {value}: {clauses}.",
        rows=f"{verdict.num_rows:,}",
        metric=metric,
        value=format_metric(verdict.metrics[metric]),
        clauses=tr("; ").join(clause for clause in clauses if clause),
    )


def rival_name(name: str, task: str) -> str:
    """What a person calls this rival."""
    if name == "constant":
        return tr("the mean") if task == "regression" else tr("the majority class")
    return tr("the linear model") if name == "linear" else tr("boosting")


def advantage(rival: Rival) -> str:
    """By how much the network is better or worse than one rival, with its 95 % interval."""
    lower_wins = next(iter(rival.metrics)) in metrics.LOWER_IS_BETTER
    # As an advantage: above 0 where the network is better, whichever way the metric runs.
    gain, low, high = (
        (-rival.difference, -rival.high, -rival.low) if lower_wins else (rival.difference, rival.low, rival.high)
    )
    words = {
        "better": tr("better by {gain:.2g}", gain=gain),
        "tie": tr("tied"),
        "worse": tr("worse by {gain:.2g}", gain=-gain),
    }
    interval = (-high, -low) if rival.outcome == "worse" else (low, high)
    return f"{words[rival.outcome]} [{interval[0]:.2g}, {interval[1]:.2g}]"


def format_metric(value: Any) -> str:
    """A metric to four digits; "-" where it is not defined."""
    return "-" if value is None or value != value else f"{value:.4g}"


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict as it stands in metrics.json."""
    return {
        "metric": verdict.metric,
        "rows": verdict.num_rows,
        "network": verdict.metrics,
        "rivals": {
            rival.name: {
                "metrics": rival.metrics,
                "difference": rival.difference,
                "interval_95": [rival.low, rival.high],
                "outcome": rival.outcome,
            }
            for rival in verdict.rivals
        },
    }
