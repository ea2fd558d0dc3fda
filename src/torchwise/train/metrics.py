"""What a person reads beside the loss: metrics over all samples of a data set, never means of batch means."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from torchwise.data.names import close_name
from torchwise.errors import Problem
from torchwise.texts import tr
from torchwise.train.unit import Unit

OF_TASK = {
    "regression": ("rmse", "mae", "r2"),
    "binary": ("accuracy", "auroc", "log_loss"),
    "multi-class": ("accuracy", "f1_macro", "log_loss"),
}
LOWER_IS_BETTER = frozenset({"rmse", "mae", "log_loss"})


def measure(names: Sequence[str], predictions: Tensor, targets: Tensor) -> dict[str, float]:
    """The named metrics of predictions. A metric that is not defined for these rows is NaN.

    predictions: (rows,), float, in the target's unit; or (rows, classes), float, probabilities.
    targets: (rows,), float; or int64, each in [0, classes).
    Raises Problem for an unknown name.
    """
    check_names(names)
    return {name: _METRICS[name](predictions.double(), targets) for name in names}


def check_names(names: Sequence[str]) -> None:
    """Raise Problem for a name that is no metric's."""
    unknown = [name for name in names if name not in _METRICS]
    if unknown:
        near = close_name(unknown[0], _METRICS)
        raise Problem(
            tr("there is no metric {name}", name=repr(unknown[0])),
            fix=tr("did you mean {name}?", name=near) if near else tr("one of: {names}", names=" ".join(_METRICS)),
        )


class Meter:
    """Collects what metrics need, batch by batch: outputs for those with a name, own state for torchmetrics objects."""

    def __init__(self, metrics: Sequence[Any], unit: Unit) -> None:
        self.names = [metric for metric in metrics if isinstance(metric, str)]
        self.objects = [metric.clone() for metric in metrics if not isinstance(metric, str)]
        self.unit = unit
        self.outputs: list[Tensor] = []
        self.targets: list[Tensor] = []
        for metric in self.objects:
            metric.reset()

    def update(self, outputs: Any, targets: Any) -> None:
        """Take one batch of the model's outputs and its targets."""
        if self.names:
            self.outputs.append(outputs)
            self.targets.append(targets)
        for metric in self.objects:
            metric.to(outputs.device).update(outputs, targets)

    def compute(self) -> dict[str, float]:
        """The metrics over all batches taken; a torchmetrics object goes by its class name."""
        found: dict[str, float] = {}
        if self.names:
            predictions = to_predictions(torch.cat(self.outputs).cpu(), torch.cat(self.targets).cpu(), self.unit)
            found = measure(self.names, *predictions)
        return found | {type(metric).__name__: float(metric.compute()) for metric in self.objects}


def to_predictions(outputs: Tensor, targets: Tensor, unit: Unit) -> tuple[Tensor, Tensor]:
    """Predictions and targets as `measure` takes them, from what the model gave.

    outputs: (rows, classes) logits beside int64 targets; one logit a row, (rows,) or (rows, 1), beside targets
        that are all 0 or 1 and int64; else values, standardised as `unit` says.
    """
    if not targets.is_floating_point():
        if outputs.ndim == 1 or outputs.shape[1] == 1:
            return from_logits(outputs.reshape(-1)), targets.reshape(-1)
        return from_logits(outputs), targets
    outputs, targets = outputs.double().reshape(targets.shape), targets.double()
    return outputs * unit.std + unit.mean, targets * unit.std + unit.mean


def from_logits(logits: Tensor) -> Tensor:
    """Probabilities (rows, classes), float64, from logits (rows, classes) or from one logit a row (rows,)."""
    if logits.ndim == 1:
        positive = logits.double().sigmoid()
        return torch.stack([1 - positive, positive], dim=1)
    return logits.double().softmax(dim=1)


def _rmse(predictions: Tensor, targets: Tensor) -> float:
    from torchmetrics.functional import mean_squared_error  # torchmetrics takes over a second to import

    return float(mean_squared_error(predictions, targets.double(), squared=False))


def _mae(predictions: Tensor, targets: Tensor) -> float:
    from torchmetrics.functional import mean_absolute_error

    return float(mean_absolute_error(predictions, targets.double()))


def _r2(predictions: Tensor, targets: Tensor) -> float:
    from torchmetrics.functional import r2_score

    if len(targets) < 2 or bool((targets == targets[0]).all()):
        return math.nan  # nothing varies, so there is nothing to explain
    return float(r2_score(predictions, targets.double()))


def _accuracy(predictions: Tensor, targets: Tensor) -> float:
    from torchmetrics.functional.classification import multiclass_accuracy

    return float(multiclass_accuracy(predictions, targets, predictions.shape[1], average="micro"))


def _auroc(predictions: Tensor, targets: Tensor) -> float:
    from torchmetrics.functional.classification import binary_auroc

    if bool((targets == targets[0]).all()):
        return math.nan  # one class alone has no order to get right
    return float(binary_auroc(predictions[:, 1], targets))


def _f1_macro(predictions: Tensor, targets: Tensor) -> float:
    from torchmetrics.functional.classification import multiclass_f1_score

    return float(multiclass_f1_score(predictions, targets, predictions.shape[1], average="macro"))


def _log_loss(predictions: Tensor, targets: Tensor) -> float:
    right = predictions.gather(1, targets[:, None]).clamp(min=1e-15)  # scikit-learn clips there too (float64)
    return float(-right.log().mean())


_METRICS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "rmse": _rmse,
    "mae": _mae,
    "r2": _r2,
    "accuracy": _accuracy,
    "auroc": _auroc,
    "f1_macro": _f1_macro,
    "log_loss": _log_loss,
}
