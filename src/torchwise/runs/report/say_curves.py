"""What the learning curves say, in sentences."""

import math
from itertools import pairwise
from statistics import median

from torchwise.runs.report.content import Curve
from torchwise.runs.report.words import number, percent
from torchwise.texts import tr

SAME = 0.02  # a change smaller than this share is none
RISE = 0.05  # from here on a valid loss that rises again is called so
NOISE = 2  # times the usual step from one epoch to the next, below which a rise says nothing
GAP = 1.5  # how many times the train loss the valid loss is, where that is worth a word
LAST = 5  # epochs whose median stands for the end of the curve


def say_curves(curves: tuple[Curve, ...]) -> list[str]:
    """The sentences for one network, or for those of all folds."""
    if len(curves) == 1:
        return say_curve(curves[0])
    if not curves:
        return []
    best = [curve.best_epoch for curve in curves]
    rising = sum(1 for curve in curves if _course(curve) == "overfitted")
    growing = sum(1 for curve in curves if _is_unfinished(curve))
    said = [
        tr("The best epochs of the {folds} folds lie between {low} and {high}.",
           folds=len(curves), low=min(best), high=max(best))
    ]  # fmt: skip
    if rising:
        said.append(
            tr("In {count} of {folds} folds the valid loss rose again after its best epoch while the train loss fell "
               "on: from there the network learnt its rows by heart.", count=rising, folds=len(curves))
        )  # fmt: skip
    if growing:
        said.append(
            tr("In {count} of {folds} folds the valid loss was still falling at the end: more epochs (--epochs) may "
               "help.",
               count=growing, folds=len(curves))
        )  # fmt: skip
    if any(not _finite(curve.train) for curve in curves):
        said.append(
            tr("In some folds the loss was no longer a number in the end: a lower learning rate (--lr) may help.")
        )
    return said


def say_curve(curve: Curve) -> list[str]:
    """The sentences for one network."""
    if not curve.epochs:
        return [tr("There is no history of this training.")]
    said = _lost_number(curve)
    if curve.num_epochs == 1:
        return [*said, tr("There was one epoch only, so there is no course to judge.")]
    if not curve.valid:
        return [*said, *_say_train_only(curve)]
    course = _course(curve)
    best, first, last = _best(curve), curve.valid[0], _end(curve, curve.valid)
    if course == "overfitted":
        said.append(
            tr("The valid loss was lowest at epoch {best} and then rose by {rise} while the train loss fell on by "
               "{fall}: from there the network learnt the train rows by heart. The weights of epoch {best} are kept.",
               best=curve.best_epoch, rise=percent(last / best - 1), fall=percent(1 - _train_ratio(curve)))
        )  # fmt: skip
    elif course == "worse":
        said.append(
            tr("The valid loss was lowest at epoch {best} and then rose by {rise}, and the train loss did not fall "
               "either: perhaps the steps were too large to stay there. A lower learning rate (--lr) may help.",
               best=curve.best_epoch, rise=percent(last / best - 1))
        )  # fmt: skip
    elif course == "unfinished":
        said.append(
            tr("The valid loss fell by {fall} and was lowest at epoch {best} of {epochs}: it was still falling, so "
               "more epochs (--epochs) may help.", fall=percent(1 - best / first), best=curve.best_epoch,
               epochs=curve.num_epochs)
        )  # fmt: skip
    elif course == "flat":
        said.append(
            tr("From the first epoch to the best one, {best}, the valid loss changed by {fall} only: what could be "
               "learnt was learnt at once, or nothing was.",
               best=curve.best_epoch, fall=percent(1 - best / first))
        )  # fmt: skip
    elif course == "settled":
        said.append(
            tr("The valid loss fell by {fall} until epoch {best} and then stayed about there.",
               fall=percent(1 - best / first), best=curve.best_epoch)
        )  # fmt: skip
    else:
        said.append(
            tr("The valid loss was lowest at epoch {best}, at {loss}.", best=curve.best_epoch, loss=number(best))
        )
    return said + _gap(curve)


def _say_train_only(curve: Curve) -> list[str]:
    """The sentences where there were no valid rows."""
    first, last = curve.train[0], _end(curve, curve.train)
    said = tr("There were no valid rows: the train loss alone can't tell learning from learning by heart.")
    if math.isfinite(first) and math.isfinite(last):
        return [tr("The train loss went from {first} to {last}.", first=number(first), last=number(last)), said]
    return [said]


def _course(curve: Curve) -> str:
    """How the valid loss went; "" where shares make no sense, as of a loss below 0."""
    best, values = _best(curve), _finite(curve.valid)
    if not values or len(curve.epochs) < 2 or min(values) <= 0 or not math.isfinite(curve.valid[0]):
        return ""
    last = _end(curve, curve.valid)
    if last > best * (1 + max(RISE, NOISE * _jitter(curve))):
        ratio = _train_ratio(curve)
        return "" if math.isnan(ratio) else "overfitted" if ratio < 1 - SAME else "worse"
    if curve.valid[0] - best < SAME * curve.valid[0]:
        return "flat"
    return "unfinished" if _is_unfinished(curve) else "settled"


def _is_unfinished(curve: Curve) -> bool:
    """Whether the training stopped about where the valid loss was lowest, though nothing made it stop."""
    is_late = curve.best_epoch >= curve.num_epochs - curve.num_epochs // 20
    return curve.num_epochs > 1 and is_late and curve.ending in ("epochs done", "interrupted")


def _best(curve: Curve) -> float:
    """The valid loss of the best epoch."""
    return next(
        (loss for epoch, loss in zip(curve.epochs, curve.valid, strict=False) if epoch == curve.best_epoch), math.nan
    )


def _end(curve: Curve, losses: tuple[float, ...]) -> float:
    """The median of the last losses after the best epoch: one epoch alone may be an outlier."""
    after = [loss for epoch, loss in zip(curve.epochs, losses, strict=True) if epoch >= curve.best_epoch]
    kept = _finite(tuple(after[1:][-LAST:] or after))
    return median(kept) if kept else math.nan


def _jitter(curve: Curve) -> float:
    """How far the valid loss usually moves from one epoch to the next, from the best on, as a share of the best."""
    after = _finite(
        tuple(loss for epoch, loss in zip(curve.epochs, curve.valid, strict=True) if epoch >= curve.best_epoch)
    )
    steps = [abs(second - first) for first, second in pairwise(after)]
    return median(steps) / after[0] if len(steps) > 1 else 0.0


def _train_ratio(curve: Curve) -> float:
    """The train loss at the end as a share of that at the best epoch; NaN where that makes no sense."""
    at_best = next(
        (loss for epoch, loss in zip(curve.epochs, curve.train, strict=True) if epoch == curve.best_epoch), 0
    )
    return _end(curve, curve.train) / at_best if at_best > 0 else math.nan


def _lost_number(curve: Curve) -> list[str]:
    """What to say where a loss was not a number."""
    lost = [epoch for epoch, loss in zip(curve.epochs, curve.train, strict=True) if not math.isfinite(loss)]
    if not lost:
        return []
    return [
        tr("At epoch {epoch} the train loss was no longer a number: the weights grew beyond what can be computed. The "
           "weights of epoch {best} are kept; a lower learning rate (--lr) or --clip 1 may help.",
           epoch=lost[0], best=curve.best_epoch)
    ]  # fmt: skip


def _gap(curve: Curve) -> list[str]:
    """What to say where the valid loss is far above the train loss at the best epoch."""
    train = next((loss for epoch, loss in zip(curve.epochs, curve.train, strict=True) if epoch == curve.best_epoch), 0)
    valid = _best(curve)
    if not (train > 0 and valid > GAP * train):
        return []
    return [
        tr("At that epoch the valid loss is {times} times the train loss: new rows are harder for the network than "
           "those it learnt from.", times=f"{valid / train:.2g}" if valid / train < 100 else number(valid / train))
    ]  # fmt: skip


def _finite(values: tuple[float, ...]) -> list[float]:
    """Those that are numbers."""
    return [value for value in values if math.isfinite(value)]
